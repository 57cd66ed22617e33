//! The lane: its layouts, its steps, its money, what a commitment hides, and attacks.

mod attacks;
mod commitments;
mod layouts;
mod model;
mod scene;
mod steps;
