pub const SAID: &str = "rust first";
