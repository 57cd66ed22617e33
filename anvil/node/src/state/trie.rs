//! A persistent Merkle Patricia trie: cloning is one reference count, so every block can keep its own state.
//!
//! Nodes are shared between versions and copied only along a changed path. Each node remembers its RLP reference once it was
//! computed, so the root after a change costs the changed path, not the whole trie, and proofs need no second structure.
//! Keys are hashed ("secure trie"), as in the yellow paper, appendix D.

use std::sync::{Arc, OnceLock};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieMask,
    nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode},
};

/// Nibbles in a hashed path.
const PATH_NIBBLES: usize = 64;

/// A key, found under the hash of its bytes.
pub(crate) trait TrieKey: Copy {
    /// keccak-256 of the key's bytes.
    fn path(&self) -> B256;
}

impl TrieKey for Address {
    fn path(&self) -> B256 {
        keccak256(self)
    }
}

impl TrieKey for U256 {
    fn path(&self) -> B256 {
        keccak256(self.to_be_bytes::<32>())
    }
}

/// A value with its consensus encoding.
pub(crate) trait TrieValue: Clone {
    /// Appends the RLP of the value.
    fn encode(&self, out: &mut Vec<u8>);
}

impl TrieValue for U256 {
    fn encode(&self, out: &mut Vec<u8>) {
        Encodable::encode(self, out);
    }
}

/// A persistent map from `K` to `V` with a Merkle root.
#[derive(Debug)]
pub(crate) struct Trie<K, V> {
    root: Option<Arc<Node<K, V>>>,
    len: usize,
}

impl<K, V> Clone for Trie<K, V> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), len: self.len }
    }
}

impl<K, V> Default for Trie<K, V> {
    fn default() -> Self {
        Self { root: None, len: 0 }
    }
}

#[derive(Debug, Clone)]
enum Node<K, V> {
    Leaf(Leaf<K, V>),
    Branch(Branch<K, V>),
}

#[derive(Debug, Clone)]
struct Leaf<K, V> {
    path: B256,
    key: K,
    value: V,
    /// The reference, and the nibble position it was computed for: a leaf moves up or down when its neighbours change.
    sealed: OnceLock<(usize, RlpNode)>,
}

#[derive(Debug, Clone)]
struct Branch<K, V> {
    /// The path of some key below; its first `depth` nibbles are those of all keys below.
    path: B256,
    depth: usize,
    children: [Option<Arc<Node<K, V>>>; 16],
    /// The reference of the branch proper, without the extension that may lead to it.
    sealed: OnceLock<RlpNode>,
}

fn nibble(path: &B256, position: usize) -> usize {
    let byte = path[position / 2];
    usize::from(if position.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f })
}

/// Nibbles that `a` and `b` share from the start.
fn shared_nibbles(a: &B256, b: &B256) -> usize {
    match a.iter().zip(b.iter()).position(|(x, y)| x != y) {
        None => PATH_NIBBLES,
        Some(byte) => byte * 2 + usize::from((a[byte] ^ b[byte]) < 0x10),
    }
}

impl<K: TrieKey, V: TrieValue> Trie<K, V> {
    /// Whether there are no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let path = key.path();
        let mut node = self.root.as_deref()?;
        loop {
            match node {
                Node::Leaf(leaf) => return (leaf.path == path).then_some(&leaf.value),
                Node::Branch(branch) => node = branch.children[nibble(&path, branch.depth)].as_deref()?,
            }
        }
    }

    /// The value of `key`, to be changed in place; nodes that other versions hold are copied first.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get(key)?;
        let path = key.path();
        let mut node = touch(self.root.as_mut()?);
        loop {
            match node {
                Node::Leaf(leaf) => return Some(&mut leaf.value),
                Node::Branch(branch) => node = touch(branch.children[nibble(&path, branch.depth)].as_mut()?),
            }
        }
    }

    /// Sets `key` to `value`.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let path = key.path();
        let leaf = Leaf { path, key, value, sealed: OnceLock::new() };
        let added = match &mut self.root {
            Some(root) => insert_at(root, leaf),
            none => {
                *none = Some(Arc::new(Node::Leaf(leaf)));
                true
            }
        };
        self.len += usize::from(added);
    }

    /// Removes `key`, if it is there.
    pub(crate) fn remove(&mut self, key: &K) {
        if self.get(key).is_none() {
            return;
        }
        self.len -= 1;
        if let Some(root) = &mut self.root
            && remove_at(root, &key.path())
        {
            self.root = None;
        }
    }

    /// All entries, ordered by hashed key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut stack: Vec<&Node<K, V>> = self.root.as_deref().into_iter().collect();
        std::iter::from_fn(move || {
            loop {
                match stack.pop()? {
                    Node::Leaf(leaf) => return Some((&leaf.key, &leaf.value)),
                    Node::Branch(branch) => stack.extend(branch.children.iter().rev().filter_map(Option::as_deref)),
                }
            }
        })
    }

    /// The Merkle root; the root of the empty trie is [`EMPTY_ROOT_HASH`].
    pub(crate) fn root_hash(&self) -> B256 {
        self.root.as_deref().map_or(EMPTY_ROOT_HASH, |root| {
            let reference = root.reference(0);
            reference.as_hash().unwrap_or_else(|| keccak256(&reference))
        })
    }

    /// The encoded nodes from the root towards `key`, as `eth_getProof` lists them; a proof of absence when there is no entry.
    pub(crate) fn proof(&self, key: &K) -> Vec<Bytes> {
        let path = key.path();
        let mut proof = Vec::new();
        let mut position = 0;
        let mut next = self.root.as_deref();
        while let Some(node) = next {
            for encoded in node.encodings(position) {
                // A node shorter than a hash is part of its parent; only the root stands alone whatever its length.
                if encoded.len() >= 32 || proof.is_empty() {
                    proof.push(Bytes::from(encoded));
                }
            }
            next = match node {
                Node::Leaf(_) => None,
                Node::Branch(branch) if shared_nibbles(&branch.path, &path) < branch.depth => None,
                Node::Branch(branch) => {
                    position = branch.depth + 1;
                    branch.children[nibble(&path, branch.depth)].as_deref()
                }
            };
        }
        proof
    }
}

/// Makes the node exclusively ours and forgets its reference.
fn touch<K: TrieKey, V: TrieValue>(slot: &mut Arc<Node<K, V>>) -> &mut Node<K, V> {
    let node = Arc::make_mut(slot);
    match node {
        Node::Leaf(leaf) => leaf.sealed = OnceLock::new(),
        Node::Branch(branch) => branch.sealed = OnceLock::new(),
    }
    node
}

/// Puts `leaf` at or below `slot`; whether the key is new.
fn insert_at<K: TrieKey, V: TrieValue>(slot: &mut Arc<Node<K, V>>, leaf: Leaf<K, V>) -> bool {
    let (path, depth) = match &**slot {
        Node::Leaf(old) => (old.path, PATH_NIBBLES),
        Node::Branch(branch) => (branch.path, branch.depth),
    };
    let split = shared_nibbles(&path, &leaf.path);
    if split < depth {
        let mut children: [Option<Arc<Node<K, V>>>; 16] = Default::default();
        children[nibble(&path, split)] = Some(slot.clone());
        let new_path = leaf.path;
        children[nibble(&new_path, split)] = Some(Arc::new(Node::Leaf(leaf)));
        *slot = Arc::new(Node::Branch(Branch { path: new_path, depth: split, children, sealed: OnceLock::new() }));
        return true;
    }
    match touch(slot) {
        Node::Leaf(old) => {
            old.value = leaf.value;
            false
        }
        Node::Branch(branch) => match &mut branch.children[nibble(&leaf.path, branch.depth)] {
            Some(child) => insert_at(child, leaf),
            none => {
                *none = Some(Arc::new(Node::Leaf(leaf)));
                true
            }
        },
    }
}

/// Removes the key with `path`, known to be below `slot`; whether nothing is left there.
fn remove_at<K: TrieKey, V: TrieValue>(slot: &mut Arc<Node<K, V>>, path: &B256) -> bool {
    let Node::Branch(branch) = touch(slot) else {
        return true;
    };
    let child = &mut branch.children[nibble(path, branch.depth)];
    if child.as_mut().is_some_and(|child| remove_at(child, path)) {
        *child = None;
    }
    let mut left = branch.children.iter().flatten();
    // A branch has at least two children; with one left it is that child.
    if let (Some(only), None) = (left.next().cloned(), left.next()) {
        *slot = only;
    }
    false
}

impl<K: TrieKey, V: TrieValue> Node<K, V> {
    /// How a parent at `position` refers to this node: its RLP if shorter than 32 bytes, else its hash.
    fn reference(&self, position: usize) -> RlpNode {
        match self {
            Node::Leaf(leaf) => {
                let (at, sealed) = leaf.sealed.get_or_init(|| (position, RlpNode::from_rlp(&leaf.encoding(position))));
                if *at == position { sealed.clone() } else { RlpNode::from_rlp(&leaf.encoding(position)) }
            }
            Node::Branch(branch) if branch.depth > position => RlpNode::from_rlp(&branch.extension(position)),
            Node::Branch(branch) => branch.reference(),
        }
    }

    /// The encodings this node stands for when reached at `position`, outermost first.
    fn encodings(&self, position: usize) -> Vec<Vec<u8>> {
        match self {
            Node::Leaf(leaf) => vec![leaf.encoding(position)],
            Node::Branch(branch) if branch.depth > position => {
                vec![branch.extension(position), branch.encoding()]
            }
            Node::Branch(branch) => vec![branch.encoding()],
        }
    }
}

impl<K, V: TrieValue> Leaf<K, V> {
    fn encoding(&self, position: usize) -> Vec<u8> {
        let mut value = Vec::new();
        self.value.encode(&mut value);
        let mut out = Vec::new();
        LeafNodeRef::new(&Nibbles::unpack(self.path).slice(position..), &value).encode(&mut out);
        out
    }
}

impl<K: TrieKey, V: TrieValue> Branch<K, V> {
    fn reference(&self) -> RlpNode {
        self.sealed.get_or_init(|| RlpNode::from_rlp(&self.encoding())).clone()
    }

    fn encoding(&self) -> Vec<u8> {
        let mut mask = TrieMask::default();
        let mut stack = Vec::with_capacity(16);
        for (index, child) in (0u8..).zip(&self.children) {
            if let Some(child) = child {
                mask.set_bit(index);
                stack.push(child.reference(self.depth + 1));
            }
        }
        let mut out = Vec::new();
        BranchNodeRef::new(&stack, mask).encode(&mut out);
        out
    }

    fn extension(&self, position: usize) -> Vec<u8> {
        let mut out = Vec::new();
        ExtensionNodeRef::new(&Nibbles::unpack(self.path).slice(position..self.depth), &self.reference()).encode(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy_trie::{HashBuilder, proof::verify_proof};

    use super::*;

    fn reference_root(entries: &BTreeMap<U256, U256>) -> B256 {
        let mut leaves: Vec<_> =
            entries.iter().map(|(key, value)| (Nibbles::unpack(key.path()), alloy_rlp::encode(value))).collect();
        leaves.sort();
        let mut builder = HashBuilder::default();
        leaves.iter().for_each(|(path, value)| builder.add_leaf(*path, value));
        builder.root()
    }

    /// A small deterministic sequence; each run of the test sees the same operations.
    fn operations(count: u64) -> impl Iterator<Item = (U256, U256)> {
        (0..count).map(|i| {
            let word = keccak256(i.to_be_bytes());
            // Few keys, so that overwriting and removing happen often; value zero stands for removal.
            (U256::from(word[0]), U256::from(word[1] % 3))
        })
    }

    #[test]
    fn root_and_content_follow_a_plain_map_and_old_versions_stay() {
        let mut trie = Trie::<U256, U256>::default();
        let mut model = BTreeMap::new();
        let mut versions = Vec::new();
        for (key, value) in operations(2000) {
            if value.is_zero() {
                trie.remove(&key);
                model.remove(&key);
            } else {
                trie.insert(key, value);
                model.insert(key, value);
            }
            assert_eq!(trie.root_hash(), reference_root(&model));
            assert_eq!(trie.len, model.len());
            versions.push((trie.clone(), model.clone()));
        }
        for (version, content) in versions.iter().step_by(97) {
            assert_eq!(version.iter().map(|(k, v)| (*k, *v)).collect::<BTreeMap<_, _>>(), *content);
        }
    }

    #[test]
    fn changing_in_place_leaves_clones_alone() {
        let mut trie = Trie::<U256, U256>::default();
        (1u64..50).for_each(|i| trie.insert(U256::from(i), U256::from(i)));
        let (before, root) = (trie.clone(), trie.root_hash());
        *trie.get_mut(&U256::from(7)).unwrap() = U256::from(700);
        assert_eq!(before.get(&U256::from(7)), Some(&U256::from(7)));
        assert_eq!(before.root_hash(), root);
        assert_ne!(trie.root_hash(), root);
        assert!(trie.get_mut(&U256::from(999)).is_none());
    }

    #[test]
    fn proofs_of_presence_and_absence_verify() {
        for size in [0u64, 1, 2, 17, 300] {
            let mut trie = Trie::<U256, U256>::default();
            (0..size).for_each(|i| trie.insert(U256::from(i), U256::from(i + 1)));
            for i in 0..size + 20 {
                let key = U256::from(i);
                let value = trie.get(&key).map(alloy_rlp::encode);
                let proof = trie.proof(&key);
                verify_proof(trie.root_hash(), Nibbles::unpack(key.path()), value, &proof).unwrap();
            }
        }
    }
}
