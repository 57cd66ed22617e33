//! Fuzzes the counter without any tool: `cargo run --bin fuzz -- SEED EXECUTIONS SECONDS`.

use std::{env, error::Error, time::Duration};

use cor_anvil::harness::{Campaign, TestChain};
use counter_chain::{play, steps, wasm};

fn main() -> Result<(), Box<dyn Error>> {
    let numbers = env::args().skip(1).map(|number| number.parse()).collect::<Result<Vec<u64>, _>>()?;
    let number = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let campaign =
        Campaign { seed: number(0, 1), executions: number(1, 1_000_000), time: Duration::from_secs(number(2, 10)) };

    let mut chain = TestChain::counting()?;
    let counter = chain.deploy_file(wasm())?;
    let report = campaign.run(&mut chain, |chain, input| play(chain, counter, &steps(input)))?;
    println!("{report}");
    Ok(())
}
