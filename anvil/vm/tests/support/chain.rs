//! The fixed chain of the golden vectors: a few accounts and callees that behave by the first byte of
//! their address, as `test/vectors/stylus/README.md` says.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Bytes, U256};
use cor_stylus_vm::{
    ApiError, ApiResult, CallKind, CallRequest, CallResult, Charged, CreateRequest, CreateResult, Env, EvmApi, HostCall,
    OpenPages, PageModel,
};

const COLD_GAS: u64 = 2600;
const WARM_GAS: u64 = 100;
const CODE_GAS: u64 = 700;
const COLD_SLOAD_GAS: u64 = 2100;
const STATIC: &str = "write in a static context";

/// One finished host call as the chain saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TracedCall {
    pub(crate) name: &'static str,
    pub(crate) ink: u64,
    pub(crate) args: Vec<u8>,
    pub(crate) outs: Vec<u8>,
}

/// The chain, fresh for each run.
#[derive(Default)]
pub(crate) struct FixedChain {
    pub(crate) is_static: bool,
    pub(crate) pages: OpenPages,
    pub(crate) page_model: Option<PageModel>,
    pub(crate) logs: Vec<(Vec<B256>, Bytes)>,
    pub(crate) trace: Option<Vec<TracedCall>>,
    pub(crate) console: Vec<String>,
    /// Storage at the start of the run, where it is not that of the vectors.
    pub(crate) preset: BTreeMap<B256, B256>,
    storage: BTreeMap<B256, B256>,
    transient: BTreeMap<B256, B256>,
    warm_slots: BTreeSet<B256>,
    warm_accounts: BTreeSet<Address>,
}

pub(crate) fn word(n: u64) -> B256 {
    U256::from(n).into()
}

/// Bytes `f(0), f(1), …` as bytes modulo 256.
fn bytes(len: usize, f: impl Fn(usize) -> usize) -> Bytes {
    (0..len).map(|i| f(i) as u8).collect()
}

/// The constant getters of the fixed chain.
pub(crate) fn env(reentrant: bool) -> Env {
    Env {
        block_basefee: U256::from(100_000_000),
        chain_id: 412_346,
        block_coinbase: Address::repeat_byte(0x44),
        block_gas_limit: 1 << 50,
        block_number: 21_000_123,
        block_timestamp: 1_760_000_000,
        contract_address: Address::repeat_byte(0x11),
        msg_sender: Address::repeat_byte(0x22),
        msg_value: U256::from(1_000_000_000_000_000_001u64),
        tx_gas_price: U256::from(100_000_007),
        tx_origin: Address::repeat_byte(0x33),
        reentrant,
    }
}

impl FixedChain {
    /// A chain that has opened the `footprint` of the program to run.
    pub(crate) fn new(footprint: u16, page_model: PageModel, is_static: bool) -> Self {
        Self { is_static, pages: OpenPages { open: footprint, ever: footprint }, page_model: Some(page_model), ..Self::default() }
    }

    /// Slots that are not what they were at the start.
    pub(crate) fn changed_storage(&self) -> BTreeMap<B256, B256> {
        let changed = self.storage.iter().filter(|(key, value)| self.original(**key) != **value);
        changed.map(|(key, value)| (*key, *value)).collect()
    }

    fn current(&self, key: B256) -> B256 {
        self.storage.get(&key).copied().unwrap_or_else(|| self.original(key))
    }

    fn original(&self, key: B256) -> B256 {
        self.preset.get(&key).copied().unwrap_or_else(|| original(key))
    }

    fn touch(&mut self, address: Address) -> u64 {
        if self.warm_accounts.insert(address) { COLD_GAS } else { WARM_GAS }
    }

    fn refuse_static(&self) -> ApiResult<()> {
        if self.is_static { Err(ApiError::Refused(STATIC)) } else { Ok(()) }
    }
}

/// Storage of the vectors at the start of a run.
fn original(key: B256) -> B256 {
    if key == word(1) {
        word(42)
    } else if key == word(2) {
        B256::repeat_byte(0xee)
    } else if key == B256::repeat_byte(0xff) {
        B256::from_slice(&bytes(32, |i| i))
    } else {
        B256::ZERO
    }
}

fn code_of(address: Address) -> Bytes {
    match address[0] {
        0xaa => bytes(100, |i| 3 * i + 1),
        0xbb => Bytes::from_static(&[0xfe]),
        0xdd => bytes(1000, |i| i),
        _ => Bytes::new(),
    }
}

/// Success, data and gas used of a callee.
fn callee(request: &CallRequest<'_>, granted: u64) -> (bool, Bytes, u64) {
    let input_len = request.input.len() as u64;
    match request.to[0] {
        1 => (true, Bytes::copy_from_slice(request.input), 200 + 3 * input_len),
        2 => (false, bytes(100, |i| i), 50),
        3 => (false, Bytes::new(), granted),
        4 => {
            let kind = match request.kind {
                CallKind::Call => 0,
                CallKind::Delegate => 1,
                CallKind::Static => 2,
            };
            let mut data = vec![kind];
            data.extend(request.to);
            data.extend(request.value.to_be_bytes::<32>());
            data.extend(request.gas_left.to_be_bytes());
            data.extend(request.gas_requested.to_be_bytes());
            data.extend((input_len as u32).to_be_bytes());
            (true, data.into(), 0)
        }
        5 => (true, Bytes::from(vec![0x5a; 1000]), 1000),
        _ => (true, Bytes::new(), 0),
    }
}

impl EvmApi for FixedChain {
    fn sload(&mut self, key: B256) -> ApiResult<Charged<B256>> {
        let gas = if self.warm_slots.insert(key) { COLD_SLOAD_GAS } else { WARM_GAS };
        Ok(Charged::new(self.current(key), gas))
    }

    fn sstore(&mut self, key: B256, value: B256) -> ApiResult<u64> {
        self.refuse_static()?;
        let (old, original) = (self.current(key), self.original(key));
        let cold = if self.warm_slots.insert(key) { COLD_SLOAD_GAS } else { 0 };
        let change = match (old == value, old == original, original.is_zero()) {
            (false, true, true) => 20_000,
            (false, true, false) => 2900,
            _ => WARM_GAS,
        };
        self.storage.insert(key, value);
        Ok(cold + change)
    }

    fn tload(&mut self, key: B256) -> ApiResult<B256> {
        Ok(self.transient.get(&key).copied().unwrap_or_default())
    }

    fn tstore(&mut self, key: B256, value: B256) -> ApiResult<()> {
        self.refuse_static()?;
        self.transient.insert(key, value);
        Ok(())
    }

    fn call(&mut self, request: CallRequest<'_>) -> ApiResult<CallResult> {
        let failed = |gas| Ok(CallResult { success: false, data: Bytes::new(), gas });
        let sends = !request.value.is_zero();
        if sends && self.is_static {
            return failed(0);
        }
        let base = self.touch(request.to) + if sends { 9000 } else { 0 };
        if base > request.gas_left {
            return failed(request.gas_left);
        }
        let rest = request.gas_left - base;
        let granted = (rest - rest / 64).min(request.gas_requested);
        let (success, data, used) = callee(&request, granted);
        if used > granted {
            return failed(base + granted);
        }
        Ok(CallResult { success, data, gas: base + used })
    }

    fn create(&mut self, request: CreateRequest<'_>) -> ApiResult<CreateResult> {
        self.refuse_static()?;
        let len = request.code.len() as u64;
        let base = 32_000 + request.salt.map_or(0, |_| 6 * len.div_ceil(32));
        let Some(rest) = request.gas_left.checked_sub(base) else {
            return Err(ApiError::Refused("not enough gas for a create"));
        };
        let granted = rest - rest / 64;
        let failed = |data, gas| Ok(CreateResult { address: Address::ZERO, data, gas });
        match request.code.first() {
            Some(0xfe) => return failed(Bytes::new(), base + granted),
            Some(0xfd) => {
                let data = Bytes::copy_from_slice(&request.code[1..]);
                return failed(data, base + granted.min(100));
            }
            _ if 200 * len > granted => return failed(Bytes::new(), base + granted),
            _ => {}
        }
        let mut address = vec![0xce, if request.salt.is_some() { 2 } else { 1 }];
        address.push(request.endowment.to_be_bytes::<32>()[31]);
        address.push(request.salt.unwrap_or_default()[31]);
        address.extend(len.to_be_bytes());
        address.extend(request.gas_left.to_be_bytes());
        let address = Address::from_slice(&address);
        Ok(CreateResult { address, data: Bytes::new(), gas: base + 200 * len })
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiResult<()> {
        self.refuse_static()?;
        self.logs.push((topics, data));
        Ok(())
    }

    fn balance(&mut self, address: Address) -> ApiResult<Charged<U256>> {
        let balance = match address[0] {
            0xaa => U256::from(123_456_789_012_345_678u64),
            0xbb => U256::MAX,
            0x11 => U256::from(5_000_000_000u64),
            _ => U256::ZERO,
        };
        Ok(Charged::new(balance, self.touch(address)))
    }

    fn code_hash(&mut self, address: Address) -> ApiResult<Charged<B256>> {
        let hash = match address[0] {
            0xaa => B256::repeat_byte(0xa1),
            0xbb => B256::repeat_byte(0xb1),
            0xdd => B256::repeat_byte(0xd1),
            _ => B256::ZERO,
        };
        Ok(Charged::new(hash, self.touch(address)))
    }

    fn code(&mut self, address: Address) -> ApiResult<Charged<Bytes>> {
        let gas = CODE_GAS + self.touch(address);
        Ok(Charged::new(code_of(address), gas))
    }

    fn add_pages(&mut self, pages: u16) -> ApiResult<u64> {
        let model = self.page_model.unwrap_or(PageModel { free_pages: 2, page_gas: 1000 });
        Ok(self.pages.add(pages, &model))
    }

    fn wants_trace(&self) -> bool {
        self.trace.is_some()
    }

    fn trace(&mut self, call: HostCall<'_>) {
        if let Some(trace) = &mut self.trace {
            trace.push(TracedCall {
                name: call.name,
                ink: call.ink_before - call.ink_after,
                args: call.args.to_vec(),
                outs: call.outs.to_vec(),
            });
        }
    }

    fn console(&mut self, line: &str) {
        self.console.push(line.to_owned());
    }
}
