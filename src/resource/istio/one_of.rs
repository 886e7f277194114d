//! Messages of which exactly one field may be set.

/// Declares an enum for a message that consists of one protobuf `oneof`, written in YAML as a
/// mapping with a single key: `{prefix: /api}`. `{}` is `Unset`; two keys are an error at the
/// mapping. A decoder sees an ordinary struct, so unknown keys are reported as anywhere else.
macro_rules! one_of {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $field:ident => $variant:ident($value:ty),)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub enum $name {
            /// No alternative is written.
            #[default]
            Unset,
            $($(#[$variant_meta])* $variant($value),)+
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Default, serde::Deserialize)]
                #[serde(default, rename_all = "camelCase")]
                struct Alternatives {
                    $($field: Option<$value>,)+
                }
                let alternatives = Alternatives::deserialize(deserializer)?;
                let mut chosen = ("", Self::Unset);
                $(if let Some(value) = alternatives.$field {
                    let (first, second) = (chosen.0, stringify!($field));
                    if !first.is_empty() {
                        return Err(serde::de::Error::custom(format_args!(
                            "`{first}` and `{second}` exclude each other: set one of them",
                        )));
                    }
                    chosen = (second, Self::$variant(value));
                })+
                Ok(chosen.1)
            }
        }
    };
}

pub(crate) use one_of;
