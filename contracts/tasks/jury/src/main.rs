//! Prints the contract's Solidity interface; built only with `export-abi`.

fn main() {
    cor_contract_jury::print_from_args();
}
