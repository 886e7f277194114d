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
                let mut chosen = Vec::new();
                $(if let Some(value) = alternatives.$field {
                    chosen.push((stringify!($field), Self::$variant(value)));
                })+
                match (chosen.pop(), chosen.pop()) {
                    (None, _) => Ok(Self::Unset),
                    (Some((_, value)), None) => Ok(value),
                    (Some((second, _)), Some((first, _))) => Err(serde::de::Error::custom(format_args!(
                        "`{first}` and `{second}` exclude each other: set one of them",
                    ))),
                }
            }
        }
    };
}

pub(crate) use one_of;
