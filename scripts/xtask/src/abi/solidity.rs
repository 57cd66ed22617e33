//! Reading Solidity interfaces into canonical function signatures that can be compared.
//!
//! Canonical is what the selector is made from, with mutability and results beside it:
//! `function quote((uint256,bool),uint8) view returns (uint256)`. Structs become tuples, enums
//! `uint8`, contracts `address`; names of arguments and data locations go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proc_macro2::TokenStream;
use syn_solidity::{File, FunctionKind, Item, ItemContract, ItemFunction, SolPath, Type};

use crate::error::{Error, Result};

/// Deepest nesting of named types; deeper is a cycle.
const NESTING_MAX: usize = 16;

/// Parses a Solidity source; `what` names it in the error.
///
/// # Errors
/// `XTASK-009` with the line.
pub(crate) fn parse(what: &str, text: &str) -> Result<File> {
    let tokens: std::result::Result<TokenStream, _> = text.parse();
    tokens
        .map_err(|error| (error.span().start().line, error.to_string()))
        .and_then(|tokens| syn_solidity::parse2(tokens).map_err(|e| (e.span().start().line, e.to_string())))
        .map_err(|(line, problem)| Error::Solidity { what: format!("{what}:{line}"), problem })
}

/// A set of canonical functions, in the order of the golden files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Functions(BTreeSet<String>);

impl Functions {
    /// Reads a golden file: one function a line.
    pub(crate) fn from_golden(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self(lines.map(str::to_owned).collect())
    }

    /// Interfaces cannot declare constructors, so the comparison with one leaves it out.
    pub(crate) fn without_constructor(mut self) -> Self {
        self.0.retain(|line| !line.starts_with("constructor"));
        self
    }

    pub(crate) fn with(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is on one side only, a line each.
    pub(crate) fn differences(&self, ours: &str, other: &Self, theirs: &str) -> Vec<String> {
        let only = |a: &Self, b: &Self, name: &str| -> Vec<String> {
            let lines = a.0.difference(&b.0);
            lines.map(|line| format!("only in the {name}: {line}")).collect()
        };
        let mut list = only(self, other, ours);
        list.extend(only(other, self, theirs));
        list
    }
}

impl fmt::Display for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Solidity sources that are read together, so that types of one can be named in another.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    interfaces: BTreeMap<String, ItemContract>,
    /// By name, and by `Interface.Name` for those inside one.
    types: BTreeMap<String, Named>,
}

/// A type that has a name.
#[derive(Debug, Clone)]
enum Named {
    Struct(Vec<Type>),
    /// An enum or a user-defined value type: another spelling of a plain type.
    Alias(Type),
    Enum,
    Contract,
}

impl Sources {
    /// Reads `(name, text)` pairs; a later definition of a name replaces an earlier one.
    pub(crate) fn parse<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut sources = Self::default();
        for (what, text) in files {
            sources.add(parse(what, text)?);
        }
        Ok(sources)
    }

    pub(crate) fn add(&mut self, file: File) {
        for item in file.items {
            self.define(None, &item);
            if let Item::Contract(contract) = item {
                let home = contract.name.to_string();
                self.types.insert(home.clone(), Named::Contract);
                for inner in &contract.body {
                    self.define(Some(&home), inner);
                }
                self.interfaces.insert(home, contract);
            }
        }
    }

    fn define(&mut self, home: Option<&str>, item: &Item) {
        let (name, named) = match item {
            Item::Struct(s) => (&s.name, Named::Struct(s.fields.types().cloned().collect())),
            Item::Enum(e) => (&e.name, Named::Enum),
            Item::Udt(udt) => (&udt.name, Named::Alias(udt.ty.clone())),
            _ => return,
        };
        let key = home.map_or_else(|| name.to_string(), |home| format!("{home}.{name}"));
        self.types.insert(key, named);
    }

    /// Functions of one interface with those it inherits.
    ///
    /// # Errors
    /// `XTASK-009` when the interface or a type it names is not defined.
    pub(crate) fn interface(&self, name: &str) -> Result<Functions> {
        let mut functions = BTreeSet::new();
        let mut waiting = vec![name.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let contract = self
                .interfaces
                .get(&name)
                .ok_or_else(|| Error::Solidity { what: name.clone(), problem: "no interface of this name".to_owned() })?;
            let bases = contract.inheritance.iter().flat_map(|is| &is.inheritance);
            waiting.extend(bases.map(|base| base.name.last().to_string()));
            for item in &contract.body {
                if let Item::Function(function) = item {
                    functions.insert(self.signature(&name, function)?);
                }
            }
        }
        Ok(Functions(functions))
    }

    /// Functions of several interfaces together.
    pub(crate) fn all(&self, names: &[String]) -> Result<Functions> {
        names.iter().try_fold(Functions::default(), |all, name| Ok(all.with(self.interface(name)?)))
    }

    /// The canonical form of `constructor(address owner) payable`, as types are known in `home`;
    /// nothing for an empty text.
    pub(crate) fn constructor(&self, home: &str, text: &str) -> Result<Functions> {
        if text.is_empty() {
            return Ok(Functions::default());
        }
        let source = format!("interface Holder {{ {text}; }}");
        let file = parse("constructor", &source)?;
        let mut functions = BTreeSet::new();
        for item in file.items {
            let Item::Contract(holder) = item else {
                continue;
            };
            for item in holder.body {
                if let Item::Function(function) = item {
                    functions.insert(self.signature(home, &function)?);
                }
            }
        }
        Ok(Functions(functions))
    }

    fn signature(&self, home: &str, function: &ItemFunction) -> Result<String> {
        let parameters = self.list(home, function.parameters.types())?;
        let kind = match function.kind {
            FunctionKind::Constructor(_) => "constructor".to_owned(),
            _ => {
                let name = function.name.as_ref();
                format!("function {}", name.map(ToString::to_string).unwrap_or_default())
            }
        };
        let mut line = format!("{kind}({parameters})");
        if let Some(mutability) = function.attributes.mutability() {
            line.push_str(&format!(" {mutability}"));
        }
        if let Some(returns) = &function.returns {
            let results = self.list(home, returns.returns.types())?;
            line.push_str(&format!(" returns ({results})"));
        }
        Ok(line)
    }

    fn list<'a>(&self, home: &str, types: impl Iterator<Item = &'a Type>) -> Result<String> {
        let list: Result<Vec<_>> = types.map(|ty| self.canonical(home, ty, 0)).collect();
        Ok(list?.join(","))
    }

    fn canonical(&self, home: &str, ty: &Type, depth: usize) -> Result<String> {
        let bits = |size: Option<std::num::NonZeroU16>| size.map_or(256, std::num::NonZeroU16::get);
        let fail = |problem: String| Err(Error::Solidity { what: home.to_owned(), problem });
        if depth > NESTING_MAX {
            return fail(format!("type `{ty}` is nested deeper than {NESTING_MAX}"));
        }
        Ok(match ty {
            Type::Address(..) => "address".to_owned(),
            Type::Bool(_) => "bool".to_owned(),
            Type::String(_) => "string".to_owned(),
            Type::Bytes(_) => "bytes".to_owned(),
            Type::FixedBytes(_, size) => format!("bytes{size}"),
            Type::Int(_, size) => format!("int{}", bits(*size)),
            Type::Uint(_, size) => format!("uint{}", bits(*size)),
            Type::Array(array) => {
                let size = array.size().map(|size| size.to_string()).unwrap_or_default();
                format!("{}[{size}]", self.canonical(home, &array.ty, depth + 1)?)
            }
            Type::Tuple(tuple) => self.tuple(home, tuple.types.iter(), depth)?,
            Type::Custom(path) => match self.resolve(home, path) {
                Some(Named::Struct(fields)) => self.tuple(home, fields.iter(), depth)?,
                Some(Named::Alias(ty)) => self.canonical(home, ty, depth + 1)?,
                Some(Named::Enum) => "uint8".to_owned(),
                Some(Named::Contract) => "address".to_owned(),
                None => return fail(format!("type `{path}` is not defined")),
            },
            Type::Function(_) | Type::Mapping(_) => {
                return fail(format!("type `{ty}` cannot cross the ABI"));
            }
        })
    }

    fn tuple<'a>(&self, home: &str, types: impl Iterator<Item = &'a Type>, depth: usize) -> Result<String> {
        let types: Result<Vec<_>> = types.map(|ty| self.canonical(home, ty, depth + 1)).collect();
        Ok(format!("({})", types?.join(",")))
    }

    /// A name as `home` sees it: its own, one inherited or written out, or one at the top of a file.
    fn resolve(&self, home: &str, path: &SolPath) -> Option<&Named> {
        let name = path.to_string();
        let inherited =
            self.interfaces.get(home).into_iter().flat_map(|contract| contract.inheritance.iter().flat_map(|is| &is.inheritance));
        self.types
            .get(&format!("{home}.{name}"))
            .or_else(|| {
                let mut homes = inherited.map(|base| format!("{}.{name}", base.name.last()));
                homes.find_map(|key| self.types.get(&key))
            })
            .or_else(|| self.types.get(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(source: &str, name: &str) -> Result<String> {
        let sources = Sources::parse([("sample.sol", source)].into_iter())?;
        Ok(sources.interface(name)?.to_string())
    }

    #[test]
    fn every_kind_of_type_is_made_canonical() {
        let cases = [
            ("uint a, int b, uint8 c", "uint256,int256,uint8"),
            ("address payable a, bytes32 b, bytes calldata c", "address,bytes32,bytes"),
            ("string[] memory a, uint[3][] memory b", "string[],uint256[3][]"),
            ("S calldata s, T[] calldata t", "(uint256,(bool)),(bool)[]"),
            ("E e, U u, IOther o, IOther.V v", "uint8,uint64,address,(bytes)"),
        ];
        for (parameters, expected) in cases {
            let source = format!(
                "type U is uint64; struct T {{ bool b; }}\n\
                 interface IOther {{ struct V {{ bytes x; }} }}\n\
                 interface IThing {{ struct S {{ uint a; T t; }} enum E {{ A, B }}\n\
                 function f({parameters}) external; }}"
            );
            let found = functions(&source, "IThing").unwrap();
            assert_eq!(found, format!("function f({expected})\n"), "{parameters}");
        }
    }

    #[test]
    fn mutability_results_and_inheritance_belong_to_it() {
        let source = "interface IBase { struct S { uint a; } function base() external payable; }\n\
            interface IThing is IBase {\n/// @notice It's documented.\n\
            function f() external pure returns (S memory s, uint8); }";
        assert_eq!(
            functions(source, "IThing").unwrap(),
            "function base() payable\nfunction f() pure returns ((uint256),uint8)\n"
        );
    }

    #[test]
    fn an_own_type_hides_another_interfaces() {
        let source = "interface IOther { struct S { bool b; } }\n\
            interface IThing { struct S { uint a; } function f(S calldata s) external; }";
        assert_eq!(functions(source, "IThing").unwrap(), "function f((uint256))\n");
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let cases = [
            ("interface IThing { function f(Gone g) external; }", "type `Gone` is not defined"),
            ("interface IOther {}", "no interface of this name"),
            ("interface IThing { struct S { S s; } function f(S calldata s) external; }", "nested deeper"),
            ("interface IThing {", "sample.sol:1"),
        ];
        for (source, expected) in cases {
            let error = functions(source, "IThing").unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn constructors_are_compared_apart() {
        let sources = Sources::default();
        let constructor = sources.constructor("IThing", "constructor(address owner, uint256 cap) payable").unwrap();
        assert_eq!(constructor.to_string(), "constructor(address,uint256) payable\n");
        assert!(constructor.without_constructor().is_empty());
        assert!(sources.constructor("IThing", "").unwrap().is_empty());
    }
}
