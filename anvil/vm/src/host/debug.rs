//! Imports of debug chains. They cost nothing, so a program that uses them cannot be deployed where
//! ink matters: without the debug flag they are unknown imports.

use std::fmt::Display;

use super::{Hosted, Hostio};

impl Hostio<'_> {
    pub(crate) fn log_txt(&mut self, ptr: u32, len: u32) -> Hosted<()> {
        let text = String::from_utf8_lossy(self.read(ptr, len)?).into_owned();
        self.say(text)?;
        Ok(())
    }

    pub(crate) fn log_i32(&mut self, value: u32) -> Hosted<()> {
        self.say(value).map(drop)
    }

    pub(crate) fn log_i64(&mut self, value: u64) -> Hosted<()> {
        self.say(value).map(drop)
    }

    pub(crate) fn log_f32(&mut self, value: f32) -> Hosted<()> {
        self.say(value).map(drop)
    }

    pub(crate) fn log_f64(&mut self, value: f64) -> Hosted<()> {
        self.say(value).map(drop)
    }

    pub(crate) fn tee_i32(&mut self, value: u32) -> Hosted<u32> {
        self.say(value)
    }

    pub(crate) fn tee_i64(&mut self, value: u64) -> Hosted<u64> {
        self.say(value)
    }

    pub(crate) fn tee_f32(&mut self, value: f32) -> Hosted<f32> {
        self.say(value)
    }

    pub(crate) fn tee_f64(&mut self, value: f64) -> Hosted<f64> {
        self.say(value)
    }

    pub(crate) fn null_host(&mut self) -> Hosted<()> {
        Ok(())
    }

    /// The reference's stop watch; there is nothing to see of it.
    pub(crate) fn start_benchmark(&mut self) -> Hosted<()> {
        Ok(())
    }

    /// See [`start_benchmark`](Self::start_benchmark).
    pub(crate) fn end_benchmark(&mut self) -> Hosted<()> {
        Ok(())
    }

    fn say<T: Display>(&mut self, value: T) -> Hosted<T> {
        let line = value.to_string();
        self.note(&[line.as_bytes()], &[]);
        self.api.console(&line);
        Ok(value)
    }
}
