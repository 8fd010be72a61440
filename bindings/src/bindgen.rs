//! Writes the Kotlin, Swift and Python sides of the library that it is pointed at.

fn main() {
    uniffi::uniffi_bindgen_main();
}
