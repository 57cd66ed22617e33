//! The golden vectors: every program and every run must agree with the reference.

mod support;

use std::path::Path;

use support::vectors::{Report, files, run_file};

#[test]
fn every_vector_agrees() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/vectors/stylus");
    let mut programs = 0;
    let mut runs = 0;
    for path in files(&folder).expect("the vectors are part of the repository") {
        let Report { differences, .. } = &{
            let report = run_file(&path).expect("readable vectors");
            programs += report.programs_agreeing;
            runs += report.runs_agreeing;
            report
        };
        let shown = &differences[..differences.len().min(5)];
        assert!(differences.is_empty(), "{}: {} differ: {shown:#?}", path.display(), differences.len());
    }
    assert_eq!((programs, runs), (553, 6923), "the vectors have changed");
}
