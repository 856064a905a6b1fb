//! An expression of a rule from hostile hands: it is taken as it is written, or every mistake lies inside it.

#![no_main]

use brownout::timeline::promql::Expression;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Expression::parse(text) {
        Ok(expression) => assert_eq!(expression.text(), text),
        Err(errors) => {
            assert!(!errors.is_empty(), "it was refused without a reason");
            for error in errors {
                assert!(error.extent.start <= error.extent.end && error.extent.end <= text.len(), "{error:?} lies outside of {text:?}");
            }
        }
    }
});
