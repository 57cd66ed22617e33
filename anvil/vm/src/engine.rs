//! Runs programs natively: compiled modules, instances, the meter's globals, outcomes.
//!
//! There is one engine a process. A run has its own store, so it can be entered again from inside of
//! a host call. It takes the stack it may need from the thread, or from a segment of its own when
//! the thread has too little left: no depth of calls overflows a thread.

use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use alloy_primitives::{B256, Bytes, keccak256};
use parking_lot::Mutex;
use wasmtime::{
    Caller, Config, Engine, Global, Instance, InstancePre, Linker, Memory, Module, ModuleExport, Store, StoreLimits,
    StoreLimitsBuilder, Trap, Val,
};

use crate::activation::activate_counting;
use crate::cache::{Disk, Recent};
use crate::coverage::Coverage;
use crate::hooks::{for_each_debug_hook, for_each_hook, trace_name};
use crate::host::{Hosted, Hostio, Run, Stop, Trace};
use crate::instrument::{BLOCK_COUNTERS, INK_LEFT, INK_STATUS, STACK_LEFT};
use crate::parse::{ENTRYPOINT, MEMORY};
use crate::{Activation, ActivationError, EvmApi, HostCall, Outcome, PrepareError, RunRequest, RunResult, StylusParams, VmError};

/// Native stack of one run. 22,000 words of depth fit in 512 KiB for ordinary code; the rest is for
/// frames whose native form is much larger than what they are charged for. A run that needs even
/// more ends as out of stack.
const WASM_STACK_BYTES: usize = 16 << 20;
/// Stack left for the host calls of a run that has used all of the above.
const HOST_STACK_BYTES: usize = 2 << 20;
/// A fresh segment of stack: room for a few nested runs. Only touched pages take memory.
const SEGMENT_BYTES: usize = 64 << 20;
/// Stack the native compiler may need.
const COMPILER_STACK_BYTES: usize = 8 << 20;
/// Address space of a memory: all that an address can name, so that native code need not compare
/// addresses with the memory's size, and a memory never moves. Only touched pages take memory.
const MEMORY_RESERVATION_BYTES: u64 = 4 << 30;
/// Guard after a memory: offsets up to this are not compared either.
const MEMORY_GUARD_BYTES: u64 = 32 << 20;
/// Largest memory. Nobody can pay for more; this holds even if a chain answers wrong prices.
const MEMORY_MAX_BYTES: usize = crate::PAGES_MAX as usize * 65_536;
/// Modules all VMs of a process share.
const SHARED_MODULES_MAX: usize = 512;

/// How a VM is set up.
#[derive(Debug, Clone)]
pub struct VmConfig {
    /// Allows the `console` and `debug` imports.
    pub debug: bool,
    /// Compiled programs to keep in memory, at least one.
    pub modules_max: usize,
    /// Folder to keep compiled programs in. It must not be writable by others, since what is in it
    /// is executed. Without effect if `coverage` is on.
    pub cache_dir: Option<PathBuf>,
    /// Counts how often each basic block of a program is entered; see [`Vm::coverage`]. What a
    /// program does, and its ink, stay the same.
    pub coverage: bool,
}

impl Default for VmConfig {
    fn default() -> Self {
        Self { debug: false, modules_max: 256, cache_dir: None, coverage: false }
    }
}

/// A program ready to run.
pub struct CompiledModule {
    pre: InstancePre<Frame>,
    memory: ModuleExport,
    ink_left: ModuleExport,
    ink_status: ModuleExport,
    stack_left: ModuleExport,
    counters: Option<Counters>,
}

/// Where the counts of a run are, and where they are added up.
struct Counters {
    memory: ModuleExport,
    range: Range<usize>,
}

/// The VM. Shared by reference between threads; see the crate's documentation.
pub struct Vm {
    linker: Linker<Frame>,
    debug: bool,
    disk: Option<Disk>,
    modules: Mutex<Recent<Arc<CompiledModule>>>,
    coverage: Option<Mutex<Coverage>>,
}

/// What a store holds while a program runs.
struct Frame {
    run: Run,
    /// The `api` of the `Vm::run` this frame belongs to; see the SAFETY comments.
    api: NonNull<dyn EvmApi>,
    handles: Option<Handles>,
    /// Why a host call stopped the program.
    stop: Option<Stop>,
    limits: StoreLimits,
}

/// The instance's exports a host call needs.
#[derive(Clone, Copy)]
struct Handles {
    memory: Memory,
    ink_left: Global,
    ink_status: Global,
    stack_left: Global,
}

impl Vm {
    /// Sets a VM up.
    ///
    /// # Errors
    /// [`VmError::Engine`] if native code cannot be made on this host.
    pub fn new(config: VmConfig) -> Result<Self, VmError> {
        let mut linker = Linker::new(engine()?);
        link(&mut linker, config.debug).map_err(engine_error)?;
        Ok(Self {
            linker,
            debug: config.debug,
            disk: config.cache_dir.filter(|_| !config.coverage).map(Disk::new),
            modules: Mutex::new(Recent::new(config.modules_max)),
            coverage: config.coverage.then(Mutex::default),
        })
    }

    /// Checks, instruments and compiles `wasm`, and keeps the result for [`module`](Self::module)
    /// under `code_hash`, the hash of the deployed code.
    ///
    /// # Errors
    /// The first rule that the module breaks.
    pub fn activate(&self, code_hash: B256, wasm: &[u8], params: &StylusParams) -> Result<Activation, ActivationError> {
        let activation = activate_counting(wasm, params, self.debug, self.coverage.is_some())?;
        self.compile(code_hash, &activation)?;
        Ok(activation)
    }

    /// The program deployed under `code_hash`: from memory, from disk, or compiled from what `wasm`
    /// answers. Whether the program is activated is the caller's matter.
    ///
    /// # Errors
    /// What `wasm` answers, or that it cannot be activated or compiled.
    pub fn module(
        &self,
        code_hash: B256,
        wasm: impl FnOnce() -> Result<Vec<u8>, PrepareError>,
    ) -> Result<Arc<CompiledModule>, VmError> {
        if let Some(module) = self.modules.lock().get(&code_hash) {
            return Ok(module);
        }
        let stored = self.disk.as_ref().and_then(|disk| disk.load(self.linker.engine(), &code_hash));
        if let Some(native) = stored {
            return Ok(self.keep(code_hash, &native, 0)?);
        }
        // It was activated under the parameters of its time, whose figures the chain keeps. Of those here only the page limit counts,
        // and that of a new chain is the highest there can be.
        let activation = activate_counting(&wasm()?, &StylusParams::default(), self.debug, self.coverage.is_some())?;
        Ok(self.compile(code_hash, &activation)?)
    }

    /// Shows the counters of all programs to `look`, which may clear them: one for each basic block,
    /// a program after the other in the order of their first activation. A counter goes up to 255
    /// and stays there. There are none unless [`VmConfig::coverage`] is on.
    pub fn coverage<R>(&self, look: impl FnOnce(&mut [u8]) -> R) -> R {
        match &self.coverage {
            Some(coverage) => look(coverage.lock().counters()),
            None => look(&mut []),
        }
    }

    fn compile(&self, code_hash: B256, activation: &Activation) -> Result<Arc<CompiledModule>, ActivationError> {
        let native = compile_shared(self.linker.engine(), &activation.instrumented)?;
        if let Some(disk) = &self.disk {
            // A full or read-only disk costs time at the next start, nothing else.
            let _ = disk.store(&code_hash, &native);
        }
        self.keep(code_hash, &native, activation.blocks)
    }

    fn keep(&self, code_hash: B256, native: &Module, blocks: u32) -> Result<Arc<CompiledModule>, ActivationError> {
        let export = |name| {
            let missing = || ActivationError::Native { detail: format!("no export {name}") };
            native.get_export_index(name).ok_or_else(missing)
        };
        let counters = match &self.coverage {
            Some(coverage) => Some(Counters { memory: export(BLOCK_COUNTERS)?, range: coverage.lock().range(code_hash, blocks) }),
            None => None,
        };
        let module = Arc::new(CompiledModule {
            pre: self.linker.instantiate_pre(native).map_err(native_error)?,
            memory: export(MEMORY)?,
            ink_left: export(INK_LEFT)?,
            ink_status: export(INK_STATUS)?,
            stack_left: export(STACK_LEFT)?,
            counters,
        });
        self.modules.lock().insert(code_hash, Arc::clone(&module));
        Ok(module)
    }

    /// Runs a program on a chain. Runs can be nested: `api` may call this again.
    ///
    /// # Errors
    /// [`VmError::Chain`] with what the chain answered as broken, [`VmError::Instantiate`] when the
    /// host is out of memory. What the program does is never an error.
    pub fn run(&self, module: &CompiledModule, request: RunRequest, api: &mut dyn EvmApi) -> Result<RunResult, VmError> {
        let coverage = self.coverage.as_ref();
        stacker::maybe_grow(WASM_STACK_BYTES + HOST_STACK_BYTES, SEGMENT_BYTES, || execute(module, request, api, coverage))
    }
}

/// Runs `work` with a stack that has room for nested runs. Each [`Vm::run`] that finds less left takes a segment of its own, which
/// costs as much as a short run: who makes many runs takes one for all of them.
pub fn on_deep_stack<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(WASM_STACK_BYTES + HOST_STACK_BYTES, SEGMENT_BYTES, work)
}

fn engine() -> Result<&'static Engine, VmError> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let made = ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config
            .max_wasm_stack(WASM_STACK_BYTES)
            // Not used, but the engine wants it to be no less than the former.
            .async_stack_size(WASM_STACK_BYTES)
            .memory_reservation(MEMORY_RESERVATION_BYTES)
            .memory_guard_size(MEMORY_GUARD_BYTES)
            .memory_may_move(false)
            // For what instrumentation writes; programs with it are refused before.
            .wasm_wide_arithmetic(true)
            .wasm_backtrace_max_frames(None)
            .generate_address_map(false)
            .native_unwind_info(false);
        Engine::new(&config).map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|detail| VmError::Engine { detail: detail.clone() })
}

/// Compiles a module, or takes it from what this process has compiled already.
fn compile_shared(engine: &Engine, instrumented: &[u8]) -> Result<Module, ActivationError> {
    static MODULES: OnceLock<Mutex<Recent<Module>>> = OnceLock::new();
    let modules = MODULES.get_or_init(|| Mutex::new(Recent::new(SHARED_MODULES_MAX)));
    let key = keccak256(instrumented);
    if let Some(module) = modules.lock().get(&key) {
        return Ok(module);
    }
    let compiled = stacker::maybe_grow(COMPILER_STACK_BYTES, SEGMENT_BYTES, || {
        // The compiler is large and its input hostile: should it panic, the module is refused and
        // the process goes on. Nothing of a half-made module is kept.
        panic::catch_unwind(AssertUnwindSafe(|| Module::from_binary(engine, instrumented)))
    });
    let panicked = |_| ActivationError::Native { detail: "the compiler panicked".to_owned() };
    let module = compiled.map_err(panicked)?.map_err(native_error)?;
    modules.lock().insert(key, module.clone());
    Ok(module)
}

fn native_error(error: wasmtime::Error) -> ActivationError {
    ActivationError::Native { detail: format!("{error:#}") }
}

fn engine_error(error: wasmtime::Error) -> VmError {
    VmError::Engine { detail: format!("{error:#}") }
}

/// Defines every host call.
fn link(linker: &mut Linker<Frame>, debug: bool) -> wasmtime::Result<()> {
    macro_rules! define {
        ($($module:ident: $name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {
            $(
                let (module, name) = (stringify!($module), stringify!($name));
                let trace = trace_name(module, name);
                linker.func_wrap(module, name, move |caller: Caller<'_, Frame>, $($arg: $ty),*| {
                    host_call::<$result>(caller, trace, |host| host.$name($($arg),*))
                })?;
            )*
        };
    }
    for_each_hook!(define);
    if debug {
        for_each_debug_hook!(define);
    }
    Ok(())
}

/// Carries a host call out on the frame of the calling program.
fn host_call<T>(
    mut caller: Caller<'_, Frame>,
    name: &'static str,
    call: impl FnOnce(&mut Hostio<'_>) -> Hosted<T>,
) -> wasmtime::Result<T> {
    // Start functions are refused, so the handles are there before the program can call.
    let handles = caller.data().handles.ok_or_else(|| wasmtime::Error::msg("no instance"))?;
    let ink_before = ink_of(handles.ink_left.get(&mut caller));
    let (memory, frame) = handles.memory.data_and_store_mut(&mut caller);
    // SAFETY: `execute` made this pointer from the `&mut dyn EvmApi` it holds for as long as its
    // store lives, does not use that reference while the program runs, and host calls of one frame
    // do not overlap: a nested run has a frame, and whatever `api` it is given, of its own.
    let api = unsafe { frame.api.as_mut() };
    let mut host = Hostio { memory, ink: ink_before, exhausted: false, run: &mut frame.run, api, trace: Trace::default() };
    let result = call(&mut host);

    let (ink, exhausted) = (host.ink, host.exhausted);
    if host.run.tracing && matches!(result, Ok(_) | Err(Stop::Exit(_))) {
        let Trace { args, outs } = &host.trace;
        host.api.trace(HostCall { name, args, outs, ink_before, ink_after: ink });
    }
    handles.ink_left.set(&mut caller, Val::I64(ink as i64))?;
    if exhausted {
        handles.ink_status.set(&mut caller, Val::I32(1))?;
    }
    result.map_err(|stop| {
        caller.data_mut().stop = Some(stop);
        wasmtime::Error::msg("stopped by a host call")
    })
}

fn execute(
    module: &CompiledModule,
    request: RunRequest,
    api: &mut dyn EvmApi,
    coverage: Option<&Mutex<Coverage>>,
) -> Result<RunResult, VmError> {
    let tracing = api.wants_trace();
    let (ink, max_depth, calldata_len) = (request.ink, request.max_depth, request.calldata.len());
    let api: NonNull<dyn EvmApi + '_> = NonNull::from(api);
    // SAFETY: only the lifetime is changed. The pointer lives in the store below, which is dropped
    // before this function, and with it the borrow of `api`, ends.
    let api = unsafe { std::mem::transmute::<NonNull<dyn EvmApi + '_>, NonNull<dyn EvmApi>>(api) };
    let frame = Frame {
        run: Run::new(request, tracing),
        api,
        handles: None,
        stop: None,
        limits: StoreLimitsBuilder::new().memory_size(MEMORY_MAX_BYTES).build(),
    };
    let mut store = Store::new(module.pre.module().engine(), frame);
    store.limiter(|frame| &mut frame.limits);
    let (instance, handles, entrypoint) =
        instantiate(module, &mut store).map_err(|error| VmError::Instantiate { detail: format!("{error:#}") })?;
    let set_up = handles
        .ink_left
        .set(&mut store, Val::I64(ink as i64))
        .and_then(|()| handles.stack_left.set(&mut store, Val::I32(max_depth as i32)));
    set_up.map_err(engine_error)?;
    store.data_mut().handles = Some(handles);

    let len = calldata_len as u32;
    mark(&mut store, "user_entrypoint", &len.to_be_bytes(), &[], ink);
    let returned = entrypoint.call(&mut store, len);
    if let (Some(counters), Some(coverage)) = (&module.counters, coverage) {
        let memory = instance.get_module_export(&mut store, &counters.memory).and_then(|export| export.into_memory());
        if let Some(memory) = memory {
            coverage.lock().add(counters.range.clone(), memory.data(&store));
        }
    }
    finish(store, &handles, returned)
}

fn instantiate(
    module: &CompiledModule,
    store: &mut Store<Frame>,
) -> wasmtime::Result<(Instance, Handles, wasmtime::TypedFunc<u32, u32>)> {
    let instance = module.pre.instantiate(&mut *store)?;
    let missing = || wasmtime::Error::msg("an export is missing");
    let memory = instance.get_module_export(&mut *store, &module.memory);
    let memory = memory.and_then(|export| export.into_memory()).ok_or_else(missing)?;
    let mut global = |export| {
        let found = instance.get_module_export(&mut *store, export);
        found.and_then(|export| export.into_global()).ok_or_else(missing)
    };
    let handles = Handles {
        memory,
        ink_left: global(&module.ink_left)?,
        ink_status: global(&module.ink_status)?,
        stack_left: global(&module.stack_left)?,
    };
    let entrypoint = instance.get_typed_func(store, ENTRYPOINT)?;
    Ok((instance, handles, entrypoint))
}

/// Reads the counters of a program that has ended, and says how it ended. The order of the questions
/// is the reference's.
fn finish(mut store: Store<Frame>, handles: &Handles, returned: wasmtime::Result<u32>) -> Result<RunResult, VmError> {
    let exhausted = words_of(handles.ink_status.get(&mut store)) != 0;
    let ink_left = if exhausted { 0 } else { ink_of(handles.ink_left.get(&mut store)) };
    let mut stack_left = words_of(handles.stack_left.get(&mut store));
    let stop = store.data_mut().stop.take();

    let (outcome, reason) = match (returned, stop) {
        (_, Some(Stop::Broken(source))) => return Err(VmError::Chain(source)),
        (Ok(status), _) => {
            mark(&mut store, "user_returned", &[], &status.to_be_bytes(), ink_left);
            (status_outcome(status), None)
        }
        (Err(error), stop) => {
            if error.downcast_ref::<Trap>() == Some(&Trap::StackOverflow) {
                stack_left = 0;
            }
            abnormal(stack_left, exhausted, stop, &error)
        }
    };
    let output = match outcome {
        Outcome::Success | Outcome::Revert => Bytes::from(store.into_data().run.output),
        _ => Bytes::new(),
    };
    Ok(RunResult { outcome, output, ink_left, stack_left, reason })
}

fn abnormal(stack_left: u32, exhausted: bool, stop: Option<Stop>, error: &wasmtime::Error) -> (Outcome, Option<String>) {
    if stack_left == 0 {
        // Says whether it was the counter or, for enormous frames, the native stack.
        return (Outcome::OutOfStack, Some(trap_text(error)));
    }
    if exhausted {
        return (Outcome::OutOfInk, None);
    }
    match stop {
        Some(Stop::Exit(status)) => (status_outcome(status), None),
        Some(Stop::Failure(failure)) => (Outcome::Failure, Some(failure.to_string())),
        _ => (Outcome::Failure, Some(trap_text(error))),
    }
}

fn trap_text(error: &wasmtime::Error) -> String {
    error.downcast_ref::<Trap>().map_or_else(|| error.to_string(), Trap::to_string)
}

fn status_outcome(status: u32) -> Outcome {
    if status == 0 { Outcome::Success } else { Outcome::Revert }
}

/// Tells a tracer about an end of the run.
fn mark(store: &mut Store<Frame>, name: &'static str, args: &[u8], outs: &[u8], ink: u64) {
    let frame = store.data_mut();
    if frame.run.tracing {
        // SAFETY: as in `host_call`; no program is running.
        let api = unsafe { frame.api.as_mut() };
        api.trace(HostCall { name, args, outs, ink_before: ink, ink_after: ink });
    }
}

/// Ink in the meter's global, which the instrumentation adds as an `i64`.
fn ink_of(value: Val) -> u64 {
    value.i64().expect("the instrumentation's ink_left is an i64") as u64
}

/// Words of stack, or the meter's status, in a global which the instrumentation adds as an `i32`.
fn words_of(value: Val) -> u32 {
    value.i32().expect("the instrumentation's stack_left and ink_status are i32s") as u32
}
