//! The chain over JSON-RPC: HTTP and WebSocket on one port, and a Unix socket. A file for each namespace, and several for `eth`.

mod convert;
mod debug;
mod dev;
mod error;
mod eth;
mod eth_account;
mod eth_call;
mod eth_filter;
mod eth_send;
mod eth_simulate;
mod ipc;
mod limits;
mod net_web3;
mod origin;
mod params;
mod server;
mod split;
mod subscribe;
mod trace;
mod txpool;

use std::sync::Arc;

use jsonrpsee::{RpcModule, types::ErrorObjectOwned};
use serde::Serialize;
use serde_json::value::to_raw_value;

use self::{error::to_rpc, origin::Placed, params::FromParams};
use crate::{
    Activity,
    chain::{Chain, ChainError},
};

pub(crate) use ipc::{IpcServer, start as start_ipc};
pub(crate) use server::{Server, start};

/// A set of methods that act on one chain.
struct Namespace {
    module: RpcModule<Chain>,
}

impl Namespace {
    fn new(chain: Chain) -> Self {
        Self { module: RpcModule::new(chain) }
    }

    /// A method that only looks something up.
    fn quick<P, R>(&mut self, name: &'static str, method: fn(&Chain, P) -> Result<R, ChainError>)
    where
        P: FromParams,
        R: Serialize + Clone + Send + 'static,
    {
        if let Some(place) = origin::place(name) {
            return self.async_method(name, move |chain, params: Placed<P>| async move {
                origin::answer(&chain, (name, place), params, |chain, params| async move { method(&chain, params) }).await
            });
        }
        let registered = self.module.register_method(name, move |params, chain, _| {
            chain.watchers().tell(Activity::Called(name));
            let params = P::read(&params)?;
            method(chain, params).map_err(|error| to_rpc(&error))
        });
        debug_assert!(registered.is_ok(), "{name} is registered twice");
    }

    /// A method that may execute, and so runs on a thread for calls.
    fn heavy<P, R>(&mut self, name: &'static str, method: fn(&Chain, P) -> Result<R, ChainError>)
    where
        P: FromParams,
        R: Serialize + Clone + Send + 'static,
    {
        self.reading(name, move |chain, params| async move { chain.read_async(move |chain| method(chain, params)).await });
    }

    /// As [`heavy`](Self::heavy), for answers nested as deeply as calls: walking through them takes the deep stack of that thread.
    fn deep<P, R>(&mut self, name: &'static str, method: fn(&Chain, P) -> Result<R, ChainError>)
    where
        P: FromParams,
        R: Serialize + 'static,
    {
        let serialised = move |chain: &Chain, params| {
            let answer = method(chain, params)?;
            to_raw_value(&answer).map_err(ChainError::Unserialisable)
        };
        self.reading(name, move |chain, params| async move { chain.read_async(move |chain| serialised(chain, params)).await });
    }

    /// A method that reads here, unless it is about what a forked chain's origin has.
    fn reading<P, R, F>(&mut self, name: &'static str, read: impl Fn(Arc<Chain>, P) -> F + Copy + Send + Sync + 'static)
    where
        P: FromParams,
        R: Serialize + Clone + Send + 'static,
        F: Future<Output = Result<R, ChainError>> + Send,
    {
        match origin::place(name) {
            Some(place) => self.async_method(name, move |chain, params: Placed<P>| async move {
                origin::answer(&chain, (name, place), params, read).await
            }),
            None => self.async_method(name, read),
        }
    }

    /// A method that makes or removes blocks, and so runs on the thread for that.
    fn write<P, R>(&mut self, name: &'static str, method: fn(&Chain, P) -> Result<R, ChainError>)
    where
        P: FromParams,
        R: Serialize + Clone + Send + 'static,
    {
        self.async_method(name, move |chain, params| async move { chain.write_async(move |chain| method(chain, params)).await });
    }

    /// A method that waits for something.
    fn async_method<P, R, F>(&mut self, name: &'static str, method: impl Fn(Arc<Chain>, P) -> F + Copy + Send + Sync + 'static)
    where
        P: FromParams,
        R: Serialize + Clone + Send + 'static,
        F: Future<Output = Result<R, ChainError>> + Send,
    {
        let registered = self.module.register_async_method(name, move |params, chain, _| async move {
            chain.watchers().tell(Activity::Called(name));
            let params = P::read(&params)?;
            method(chain, params).await.map_err(|error| to_rpc(&error))
        });
        debug_assert!(registered.is_ok(), "{name} is registered twice");
    }

    /// Other names of a method.
    fn alias(&mut self, name: &'static str, others: &[&'static str]) {
        for other in others {
            let registered = self.module.register_alias(other, name);
            debug_assert!(registered.is_ok(), "{other} cannot stand for {name}");
        }
    }
}

/// All methods.
fn methods(chain: Chain) -> RpcModule<Chain> {
    let mut namespace = Namespace::new(chain);
    eth::register(&mut namespace);
    eth_account::register(&mut namespace);
    eth_call::register(&mut namespace);
    eth_simulate::register(&mut namespace);
    eth_send::register(&mut namespace);
    eth_filter::register(&mut namespace);
    subscribe::register(&mut namespace);
    net_web3::register(&mut namespace);
    dev::register(&mut namespace);
    debug::register(&mut namespace);
    trace::register(&mut namespace);
    txpool::register(&mut namespace);
    namespace.module
}

/// What methods answer, as jsonrpsee wants it.
type RpcResult<T> = Result<T, ErrorObjectOwned>;
