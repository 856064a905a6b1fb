//! An operations file from hostile hands.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brownout_fuzz::load_with("operations.yaml", bytes, "surge.yaml"));
