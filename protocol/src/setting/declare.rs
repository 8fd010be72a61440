//! The macro that declares kinds of settings. The rows stand in `setting.rs`.

/// Declares every kind of setting. It makes [`SettingKind`](super::SettingKind) with its
/// [`SettingSpec`](super::SettingSpec), and [`SettingBody`](super::SettingBody) with a variant for
/// each kind. By `each_setting!` and `each_kind!` `domain` reaches the rules of each.
macro_rules! settings {
    (@each ($d:tt) $($Kind:ident)+) => {
        /// Says the same of the body of whichever kind: `each_setting!(body, it => it.key())`.
        #[macro_export]
        macro_rules! each_setting {
            ($d of:expr, $d body:ident => $d then:expr) => {
                match $d of {
                    $($crate::setting::SettingBody::$Kind($d body) => $d then,)+
                }
            };
        }

        /// Calls a generic function with the body's type of whichever kind.
        #[macro_export]
        macro_rules! each_kind {
            ($d kind:expr, $d call:ident($d ($d with:expr),*)) => {
                match $d kind {
                    $($crate::setting::SettingKind::$Kind => {
                        $d call::<$crate::setting::$Kind>($d ($d with),*)
                    })+
                }
            };
        }
    };
    ($(
        $(#[doc = $about:literal])+
        $Kind:ident($name:literal) at $path:literal {
            homes: [$($home:ident),+], most: $most:literal, singleton: $single:literal,
            set: $set:expr, reads: $reads:ident, phones: $phones:literal, decides: $decides:literal
            $(, secret: $secret:ident)? $(, not_kept: $not_kept:expr)? $(, beside: $beside:expr)?
            $(,)?
        }
    )+) => {
        /// The kinds of settings.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum SettingKind {
            $($(#[doc = $about])+ $Kind,)+
        }

        $crate::names!(SettingKind { $($Kind = $name),+ });

        impl SettingKind {
            /// The declaration of the kind.
            pub const fn spec(self) -> &'static SettingSpec {
                match self {
                    $(Self::$Kind => {
                        const SPEC: &SettingSpec = &SettingSpec {
                            kind: SettingKind::$Kind,
                            about: concat!($($about),+),
                            path: $path,
                            list: concat!("/api/v1/", $path),
                            one: concat!("/api/v1/", $path, "/{setting}"),
                            history: concat!("/api/v1/", $path, "/{setting}/history"),
                            secrets: concat!("/api/v1/", $path, "/{setting}/secrets"),
                            secret_one: concat!("/api/v1/", $path, "/{setting}/secrets/{secret}"),
                            homes: &[$(HomeKind::$home),+],
                            most: $most,
                            is_singleton: $single,
                            set: $set,
                            reads: Readers::$reads,
                            phones: $phones,
                            decides: $decides,
                            secret: {
                                let kept: Option<SecretKept> = None;
                                $(let kept = { let _ = kept; Some(SecretKept::$secret) };)?
                                kept
                            },
                            not_kept: {
                                let fields: &[&str] = &[];
                                $(let fields = { let _ = fields; &$not_kept };)?
                                fields
                            },
                            beside: {
                                let all: &[Beside] = &[];
                                $(let all = { let _ = all; &$beside };)?
                                all
                            },
                            #[cfg(feature = "schema")]
                            schemas: SettingSchemas {
                                body: |generator| generator.root_schema_for::<$Kind>(),
                                put: |generator| generator.subschema_for::<SettingPut<$Kind>>(),
                                one: |generator| generator.subschema_for::<Setting<$Kind>>(),
                                list: |generator| generator.subschema_for::<Vec<Setting<$Kind>>>(),
                            },
                        };
                        SPEC
                    })+
                }
            }
        }

        /// The body of a setting, by its kind.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum SettingBody {
            $($(#[doc = $about])+ $Kind(Box<$Kind>),)+
        }

        impl SettingBody {
            /// Reads the body of a setting of this kind.
            ///
            /// # Errors
            /// The body is not one of this kind.
            pub fn read(kind: SettingKind, body: &Value) -> Result<Self, serde_json::Error> {
                match kind {
                    $(SettingKind::$Kind => $Kind::deserialize(body).map(|of| of.into()),)+
                }
            }

            /// Its kind.
            pub fn kind(&self) -> SettingKind {
                match self {
                    $(Self::$Kind(_) => SettingKind::$Kind,)+
                }
            }

            /// Its JSON form.
            pub fn to_json(&self) -> Value {
                match self {
                    $(Self::$Kind(body) => serde_json::to_value(body).unwrap_or_default(),)+
                }
            }
        }

        $(impl From<$Kind> for SettingBody {
            fn from(body: $Kind) -> Self {
                Self::$Kind(Box::new(body))
            }
        })+

        settings!(@each ($) $($Kind)+);
    };
}
pub(super) use settings;
