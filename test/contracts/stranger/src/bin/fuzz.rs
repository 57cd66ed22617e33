//! Fuzzes the counter without any tool: `cargo run --bin fuzz -- SEED EXECUTIONS SECONDS`; or runs one input again: `… -- 0x020161`.

use std::{env, error::Error, process::ExitCode, time::Duration};

use alloy_primitives::hex;
use cor_anvil::harness::{Campaign, TestChain, on_deep_stack};
use counter_chain::{play, steps, wasm};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [input] if input.starts_with("0x") => run_again(input),
        numbers => fuzz(numbers),
    };
    // As text: what `main` returns is printed as Rust writes the value.
    done.map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn fuzz(numbers: &[String]) -> Result<(), Box<dyn Error>> {
    let numbers = numbers.iter().map(|number| number.parse()).collect::<Result<Vec<u64>, _>>()?;
    let number = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let campaign =
        Campaign { seed: number(0, 1), executions: number(1, 1_000_000), time: Duration::from_secs(number(2, 10)) };

    let mut chain = TestChain::counting()?;
    let counter = chain.deploy_file(wasm())?;
    let report = campaign.run(&mut chain, |chain, input| play(chain, counter, &steps(input)));
    println!("{}", report.map_err(|found| format!("{found}\nsteps: {:?}", steps(&found.input)))?);
    Ok(())
}

fn run_again(input: &str) -> Result<(), Box<dyn Error>> {
    let steps = steps(&hex::decode(input)?);
    println!("steps: {steps:?}");
    let mut chain = TestChain::new()?;
    let counter = chain.deploy_file(wasm())?;
    on_deep_stack(|| play(&mut chain, counter, &steps));
    println!("nothing is found");
    Ok(())
}
