//! A deployment from hostile hands.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brownout_fuzz::load_with("msa.yaml", bytes, "surge.yaml"));
