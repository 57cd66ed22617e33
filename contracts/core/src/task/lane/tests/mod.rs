//! The lane of two words: its layouts, its steps, its money, and the attacks on the lane before it.

mod attacks;
mod layouts;
mod model;
mod scene;
mod steps;
