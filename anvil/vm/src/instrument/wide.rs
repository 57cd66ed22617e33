//! The product of 128-bit numbers, for which a program has no operator.
//!
//! Compilers take it from their library (`__multi3`): a function that makes it of four products of half words and stores both
//! words. Code with 256-bit integers spends its time there, and native code has an instruction for the product of two words.
//!
//! Such a function is known by what it computes: its body is evaluated with symbols for the parameters, with sums and products in
//! one order, and held against the product's own expression. It pays, step by step, what its operators cost; only what they
//! compute is computed otherwise.

use std::collections::HashMap;

use wasmparser::{FuncType, Operator, ValType};

use super::item::{Factor, Item, Product};

/// Operators of a function that is looked at. The library's has some fifty.
const OPERATORS_MAX: usize = 80;
/// Terms of a sum that is kept. The product's has five.
const TERMS_MAX: usize = 8;
/// Bits of a half word, and its mask.
const HALF: i64 = 32;
const HALF_MASK: i64 = 0xffff_ffff;

/// Whether the function with these operators stores a product and does nothing else.
pub(super) fn product(ty: &FuncType, locals: u64, operators: &[Operator<'_>]) -> Option<Product> {
    let words = ty.params().len().checked_sub(1)?;
    let is_candidate = ty.results().is_empty()
        && ty.params()[0] == ValType::I32
        && ty.params()[1..].iter().all(|param| *param == ValType::I64)
        && operators.len() <= OPERATORS_MAX;
    let full = |low| Factor { low, high: Some(low + 1) };
    let half = |low| Factor { low, high: None };
    // An optimiser drops the parameter for a high word that is zero at every call.
    let places = match words {
        _ if !is_candidate => return None,
        2 => vec![[half(1), half(2)]],
        3 => vec![[full(1), half(3)], [half(1), full(2)]],
        4 => vec![[full(1), full(3)]],
        _ => return None,
    };
    let mut terms = Terms::default();
    let [low, high] = terms.stored(ty.params().len() as u32, locals, operators)?;
    let found = places.into_iter().find(|factors| terms.is_product(factors, low, high))?;
    Some(Product { factors: found })
}

/// Puts the product in the place of the operators that compute it.
pub(super) fn apply(items: Vec<Item<'_>>, product: Product) -> Vec<Item<'_>> {
    let computes =
        |item: &Item<'_>| matches!(item, Item::Program(operator) if !matches!(operator, Operator::Return | Operator::End));
    let mut out = Vec::new();
    let mut product = Some(Item::Product(product));
    for item in items {
        if computes(&item) {
            out.extend(product.take());
        } else {
            out.push(item);
        }
    }
    out
}

/// A value, by its place among the terms.
type Value = usize;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Term {
    Param(u32),
    Const(i64),
    /// Sorted; no sum is a part of another.
    Sum(Vec<Value>),
    /// Sorted, as are the other commutative ones.
    Mul([Value; 2]),
    And([Value; 2]),
    Or([Value; 2]),
    Shl(Value, Value),
    ShrU(Value, Value),
    LtU(Value, Value),
    Extend(Value),
}

/// All terms; equal ones are the same value.
#[derive(Default)]
struct Terms {
    known: HashMap<Term, Value>,
    sums: HashMap<Value, Vec<Value>>,
}

impl Terms {
    fn value(&mut self, term: Term) -> Value {
        let next = self.known.len();
        *self.known.entry(term).or_insert(next)
    }

    /// None for a sum that is too long.
    fn sum(&mut self, parts: &[Value]) -> Option<Value> {
        let mut flat: Vec<Value> = Vec::new();
        for part in parts {
            match self.sums.get(part) {
                Some(inner) => flat.extend(inner),
                None => flat.push(*part),
            }
        }
        if flat.len() > TERMS_MAX {
            return None;
        }
        flat.sort_unstable();
        let value = self.value(Term::Sum(flat.clone()));
        self.sums.insert(value, flat);
        Some(value)
    }

    fn mul(&mut self, a: Value, b: Value) -> Value {
        self.value(Term::Mul(sorted(a, b)))
    }

    /// The two words that a straight body stores where its first parameter points, low one first. None if it does anything else.
    fn stored(&mut self, params: u32, locals: u64, operators: &[Operator<'_>]) -> Option<[Value; 2]> {
        let mut variables: Vec<Value> = (0..params).map(|param| self.value(Term::Param(param))).collect();
        let pointer = *variables.first()?;
        let zero = self.value(Term::Const(0));
        variables.resize(variables.len() + usize::try_from(locals).ok()?, zero);
        let (last, body) = operators.split_last()?;
        let (mut stack, mut stored) = (Vec::new(), Vec::new());
        for operator in body {
            match operator {
                Operator::LocalGet { local_index } => stack.push(*variables.get(*local_index as usize)?),
                Operator::LocalSet { local_index } => *variables.get_mut(*local_index as usize)? = stack.pop()?,
                Operator::LocalTee { local_index } => *variables.get_mut(*local_index as usize)? = *stack.last()?,
                Operator::I64Const { value } => stack.push(self.value(Term::Const(*value))),
                Operator::I64ExtendI32U => {
                    let value = stack.pop()?;
                    stack.push(self.value(Term::Extend(value)));
                }
                Operator::I64Store { memarg } => {
                    let value = stack.pop()?;
                    stored.push((stack.pop()?, memarg.offset, value));
                }
                binary => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    stack.push(self.binary(binary, left, right)?);
                }
            }
        }
        match stored[..] {
            [(at_low, 0, low), (at_high, 8, high)] => {
                let ends = matches!(last, Operator::End) && stack.is_empty();
                (ends && at_low == pointer && at_high == pointer).then_some([low, high])
            }
            _ => None,
        }
    }

    fn binary(&mut self, operator: &Operator<'_>, left: Value, right: Value) -> Option<Value> {
        let term = match operator {
            Operator::I64Add => return self.sum(&[left, right]),
            Operator::I64Mul => Term::Mul(sorted(left, right)),
            Operator::I64And => Term::And(sorted(left, right)),
            Operator::I64Or => Term::Or(sorted(left, right)),
            Operator::I64Shl => Term::Shl(left, right),
            Operator::I64ShrU => Term::ShrU(left, right),
            Operator::I64LtU => Term::LtU(left, right),
            _ => return None,
        };
        Some(self.value(term))
    }

    /// Whether `low` and `high` are the words of the product of these factors.
    fn is_product(&mut self, factors: &[Factor; 2], low: Value, high: Value) -> bool {
        self.words(factors).is_some_and(|(expected, highs)| low == expected && highs.contains(&high))
    }

    /// The product's words, put together of half words: the low one, and the high one in each way in which the carries can be found.
    /// A sum has overflowed if it is less than one of its parts, whichever.
    fn words(&mut self, factors: &[Factor; 2]) -> Option<(Value, Vec<Value>)> {
        let [half, mask] = [HALF, HALF_MASK].map(|number| self.value(Term::Const(number)));
        let [a, b] = factors.map(|factor| self.value(Term::Param(factor.low)));
        let [a_low, b_low] = [a, b].map(|word| self.value(Term::And(sorted(word, mask))));
        let [a_high, b_high] = [a, b].map(|word| self.value(Term::ShrU(word, half)));
        let (lowest, highest) = (self.mul(a_low, b_low), self.mul(a_high, b_high));
        let crossed = [self.mul(a_low, b_high), self.mul(a_high, b_low)];
        let middle = self.sum(&crossed)?;
        let middle_low = self.value(Term::Shl(middle, half));
        let middle_high = self.value(Term::ShrU(middle, half));
        let low = self.sum(&[lowest, middle_low])?;

        let mut parts = vec![highest];
        for (factor, other) in [(factors[0], b), (factors[1], a)] {
            if let Some(high) = factor.high {
                let high = self.value(Term::Param(high));
                parts.push(self.mul(high, other));
            }
        }
        let mut highs = Vec::new();
        for cross in crossed {
            for part in [lowest, middle_low] {
                let carry = self.carry(middle, cross);
                let carry = self.value(Term::Shl(carry, half));
                let upper = self.value(Term::Or(sorted(carry, middle_high)));
                let carry = self.carry(low, part);
                highs.push(self.sum(&[&parts[..], &[upper, carry]].concat())?);
            }
        }
        Some((low, highs))
    }

    /// One if `sum` overflowed.
    fn carry(&mut self, sum: Value, part: Value) -> Value {
        let less = self.value(Term::LtU(sum, part));
        self.value(Term::Extend(less))
    }
}

fn sorted(a: Value, b: Value) -> [Value; 2] {
    [a.min(b), a.max(b)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Module;

    const PROGRAM: &str = include_str!("../../tests/product.wat");

    /// The product of each function of a program, in order.
    fn products(text: &str) -> Vec<Option<Product>> {
        let wasm = wat::parse_str(text).expect("a module");
        let module = Module::parse(&wasm, false).expect("a program");
        let first = module.imports.len() as u32;
        let of = |(body, index): (&wasmparser::FunctionBody<'_>, u32)| {
            let locals = body.get_locals_reader().unwrap().into_iter().map(|group| u64::from(group.unwrap().0)).sum();
            let operators: Vec<_> = body.get_operators_reader().unwrap().into_iter().map(Result::unwrap).collect();
            product(module.function_type(index).unwrap(), locals, &operators)
        };
        module.bodies.iter().zip(first..).map(of).collect()
    }

    #[test]
    fn products_are_known_by_what_they_compute() {
        let [full_a, full_b] = [1, 3].map(|low| Factor { low, high: Some(low + 1) });
        let half_b = Factor { low: 3, high: None };
        let whole = Product { factors: [full_a, full_b] };
        let dropped = Product { factors: [full_a, half_b] };
        assert_eq!(products(PROGRAM), [Some(whole), Some(dropped), None]);
        // In another order, and with the carry found by the other part of a sum.
        let other =
            PROGRAM.replace("(i64.mul (local.get $b1) (local.get $a1))", "(i64.mul (local.get $a1) (local.get $b1))").replace(
                "(i64.lt_u (local.get $b0) (local.get $lowest))",
                "(i64.lt_u (local.get $b0) (i64.shl (local.get $a) (i64.const 32)))",
            );
        assert_eq!(products(&other), [Some(whole), Some(dropped), None]);
    }

    #[test]
    fn what_differs_anywhere_is_no_product() {
        let places = |token: &str| PROGRAM.match_indices(token).map(|(at, _)| at).collect::<Vec<_>>();
        let mut tried = 0;
        for (token, instead) in [
            ("i64.add", "i64.or"),
            ("i64.add", "i64.sub"),
            ("i64.mul", "i64.add"),
            ("i64.or", "i64.and"),
            ("i64.and", "i64.or"),
            ("i64.shl", "i64.shr_u"),
            ("i64.shr_u", "i64.shl"),
            ("i64.shr_u", "i64.shr_s"),
            ("i64.lt_u", "i64.lt_s"),
            ("i64.extend_i32_u", "i64.extend_i32_s"),
            ("offset=8", "offset=0"),
            ("offset=8", "offset=16"),
            ("i64.const 32", "i64.const 31"),
            ("4294967295", "4294967294"),
            ("(i64.store offset", "(nop) (i64.store offset"),
            ("(i64.store offset", "(i64.store (i32.const 0) (i64.const 0)) (i64.store offset"),
            ("(local.tee $a0", "(local.tee $a1"),
            ("(local.get $a1)", "(local.get $a0)"),
            ("(local.get $b_high)", "(local.get $a_high)"),
        ] {
            for at in places(token) {
                let changed = format!("{}{instead}{}", &PROGRAM[..at], &PROGRAM[at + token.len()..]);
                let known = products(&changed).into_iter().flatten().count();
                assert_eq!(known, 1, "{instead} at {at} instead of {token}");
                tried += 1;
            }
        }
        assert!(tried > 80, "{tried}");
    }

    #[test]
    fn a_sum_that_would_grow_without_end_is_given_up() {
        let doubling = [Operator::LocalGet { local_index: 1 }, Operator::LocalGet { local_index: 1 }, Operator::I64Add];
        let doubled = doubling.into_iter().chain([Operator::LocalSet { local_index: 1 }]);
        let operators: Vec<_> = doubled.cycle().take(OPERATORS_MAX / 4 * 4).chain([Operator::End]).collect();
        let mut terms = Terms::default();
        assert_eq!(terms.stored(2, 0, &operators), None);
        assert!(terms.sums.values().all(|parts| parts.len() <= TERMS_MAX), "{:?}", terms.sums);
    }
}
