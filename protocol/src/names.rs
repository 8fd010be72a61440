//! Values with names: each is written once.

/// Gives an enum `ALL`, `name` and `from_name`. A value that is left out does not compile.
///
/// ```ignore
/// names!(Side { Left = "left", Right = "right" });
/// ```
///
/// `else Unknown` names the value that stands for what a newer version says. It is read and never
/// written: it is none of `ALL`, and no name leads to it.
#[macro_export]
macro_rules! names {
    ($of:ident { $($value:ident = $name:literal),+ $(,)? } $(else $unknown:ident)?) => {
        impl $of {
            /// All values, in their order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];

            /// The name on the wire and in tables.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                    $(Self::$unknown => "unknown",)?
                }
            }

            /// The value of a name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.name() == name)
            }
        }
    };
}
