//! Storage is laid out as Solidity does: every slot is computed here by Solidity's rules.

use alloy::{
    primitives::{Address, B256, Bytes, FixedBytes, U256, address, b256, keccak256},
    providers::Provider,
    sol,
};
use cor_anvil::arbos::ArbOsVersion;

use super::tokens::sent;
use crate::place::Place;

sol! {
    #[sol(rpc)]
    interface Store {
        function setPacked(bool flag, uint8 small, address owner) external;
        function packed() external view returns (bool, uint8, address);
        function setWords(uint256 big, int128 signed, bytes16 half) external;
        function words() external view returns (uint256, int128, bytes16);
        function setText(string text) external;
        function text() external view returns (string);
        function setBlob(bytes blob) external;
        function blob() external view returns (bytes);
        function pushShorts(uint16[] values) external;
        function popShort() external returns (uint16);
        function shorts() external view returns (uint16[]);
        function setTriple(uint256 index, uint256 value) external returns (bool);
        function triple(uint256 index) external view returns (uint256);
        function setNested(address account, uint256 number, bool value) external;
        function nested(address account, uint256 number) external view returns (bool);
        function setByName(string name, uint256 value) external;
        function byName(string name) external view returns (uint256);
        function pushPoint(uint128 x, uint128 y) external;
        function point(uint256 index) external view returns (uint128, uint128);
        function setElsewhere(uint256 value) external;
        function elsewhere() external view returns (uint256);
        function erase() external;
        function slot(uint256 slot) external view returns (bytes32);
    }
}

const OWNER: Address = address!("00112233445566778899aabbccddeeff00112233");
/// `keccak256(abi.encode(uint256(keccak256("sample.store")) - 1)) & ~0xff`.
const NAMESPACE: B256 = b256!("4becf46f7e48941a37a9aa6115dc5b0ae57c54e0675e9d8cf35795dfe719dd00");

fn u(value: u64) -> U256 {
    U256::from(value)
}

fn hash(parts: &[&[u8]]) -> U256 {
    keccak256(parts.concat()).into()
}

fn word(slot: U256) -> [u8; 32] {
    slot.to_be_bytes()
}

struct Slots<'a> {
    place: &'a Place,
    at: Address,
}

impl Slots<'_> {
    async fn get(&self, slot: U256) -> U256 {
        self.place.provider.get_storage_at(self.at, slot).await.expect("a slot")
    }

    async fn expect(&self, slot: U256, value: U256, what: &str) {
        assert_eq!(self.get(slot).await, value, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_lie_where_solidity_puts_them() {
    let place = Place::start(ArbOsVersion::V51).await;
    let store = Store::new(place.deploy("store").await, &place.provider);
    let slots = Slots { place: &place, at: *store.address() };

    sent!(store.setPacked(true, 0xab, OWNER));
    let packed = (U256::from_be_slice(OWNER.as_slice()) << 16) | u(0xab01);
    slots.expect(u(0), packed, "bool, uint8 and address share a slot, the first lowest").await;
    let read = store.packed().call().await.unwrap();
    assert_eq!((read._0, read._1, read._2), (true, 0xab, OWNER));
    let half = FixedBytes::<16>::from([0x5a; 16]);
    sent!(store.setWords(U256::MAX, -2, half));
    slots.expect(u(1), U256::MAX, "uint256").await;
    let halves = (U256::from_be_slice(half.as_slice()) << 128) | U256::from(u128::MAX - 1);
    slots.expect(u(2), halves, "int128 and bytes16 share a slot").await;
    let read = store.words().call().await.unwrap();
    assert_eq!((read._0, read._1, read._2), (U256::MAX, -2, half));

    for index in 0..3 {
        assert!(store.setTriple(u(index), u(0)).call().await.unwrap());
        sent!(store.setTriple(u(index), u(60 + index)));
        slots.expect(u(6 + index), u(60 + index), "uint256[3]").await;
    }
    assert!(!store.setTriple(u(3), u(1)).call().await.unwrap(), "there is no fourth");
    sent!(store.setNested(OWNER, u(5), true));
    let outer = hash(&[OWNER.into_word().as_slice(), &word(u(9))]);
    slots.expect(hash(&[&word(u(5)), &word(outer)]), u(1), "a mapping in a mapping").await;
    assert!(store.nested(OWNER, u(5)).call().await.unwrap() && !store.nested(OWNER, u(6)).call().await.unwrap());
    sent!(store.setByName("a name".into(), u(77)));
    slots.expect(hash(&[b"a name", &word(u(10))]), u(77), "a mapping by text").await;
    assert_eq!(store.byName("a name".into()).call().await.unwrap(), u(77));

    for (index, (x, y)) in [(1, 2), (u128::MAX, 3)].into_iter().enumerate() {
        sent!(store.pushPoint(x, y));
        let value = (U256::from(y) << 128) | U256::from(x);
        slots.expect(hash(&[&word(u(11))]) + U256::from(index), value, "structs in an array").await;
    }
    slots.expect(u(11), u(2), "length of an array").await;
    let point = store.point(u(1)).call().await.unwrap();
    assert_eq!((point._0, point._1), (u128::MAX, 3));
    sent!(store.setElsewhere(u(99)));
    slots.expect(NAMESPACE.into(), u(99), "a slot of its own choice").await;
    assert_eq!(store.elsewhere().call().await.unwrap(), u(99));
    assert_eq!(store.slot(NAMESPACE.into()).call().await.unwrap(), B256::from(u(99)), "the program sees the same slot");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_grows_and_shrinks_lies_where_solidity_puts_it() {
    let place = Place::start(ArbOsVersion::V51).await;
    let store = Store::new(place.deploy("store").await, &place.provider);
    let slots = Slots { place: &place, at: *store.address() };

    // Up to 31 bytes lie in the slot itself; more lie behind its hash.
    for text in ["short", "exactly thirty-one bytes long..", "one that needs two words of storage, if not three"] {
        sent!(store.setText(text.to_owned()));
        sent!(store.setBlob(Bytes::copy_from_slice(text.as_bytes())));
        let len = text.len();
        let mut padded = text.as_bytes().to_vec();
        padded.resize(len.div_ceil(32).max(1) * 32, 0);
        for slot in [u(3), u(4)] {
            if len < 32 {
                let mut inline = padded.clone();
                inline[31] = u8::try_from(2 * len).expect("short");
                slots.expect(slot, U256::from_be_slice(&inline), text).await;
                continue;
            }
            slots.expect(slot, U256::from(2 * len + 1), text).await;
            for (index, part) in padded.chunks(32).enumerate() {
                slots.expect(hash(&[&word(slot)]) + U256::from(index), U256::from_be_slice(part), text).await;
            }
        }
        assert_eq!(store.text().call().await.unwrap(), text);
        assert_eq!(store.blob().call().await.unwrap(), *text.as_bytes());
    }

    let values: Vec<u16> = (1..=18).collect();
    sent!(store.pushShorts(values.clone()));
    slots.expect(u(5), u(18), "length of an array").await;
    let first = values[..16].iter().rev().fold(U256::ZERO, |word, &value| (word << 16) | U256::from(value));
    slots.expect(hash(&[&word(u(5))]), first, "sixteen uint16 to a slot").await;
    slots.expect(hash(&[&word(u(5))]) + u(1), u((18 << 16) | 17), "the rest").await;
    assert_eq!(store.popShort().call().await.unwrap(), 18);
    sent!(store.popShort());
    slots.expect(hash(&[&word(u(5))]) + u(1), u((18 << 16) | 17), "a word is cleared with its last value").await;
    assert_eq!(store.shorts().call().await.unwrap(), values[..17]);

    sent!(store.setPacked(true, 1, OWNER));
    sent!(store.setElsewhere(u(9)));
    let receipt = sent!(store.erase());
    for slot in (0..12).map(u).chain([NAMESPACE.into(), hash(&[&word(u(3))]), hash(&[&word(u(5))])]) {
        slots.expect(slot, U256::ZERO, "erased").await;
    }
    assert!(store.shorts().call().await.unwrap().is_empty());
    assert!(receipt.status());
}
