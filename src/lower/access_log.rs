//! Access logs of listeners, HTTP and TCP, from the mesh configuration.

use serde_json::{Map, Value};

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::ir::listener::{AccessLog, AccessLogFilter, AccessLogSink, LogFormat};
use crate::lower::defaults;
use crate::resource::istio::MeshConfig;
use crate::resource::istio::mesh_config::{AccessLogEncoding, EnvoyFileAccessLog};

/// The logs of a proxy, the same for all its listeners.
#[derive(Clone, Debug, Default)]
pub struct AccessLogs {
    /// Of HTTP requests and of TCP connections.
    pub traffic: Vec<AccessLog>,
    /// Of connections that no filter chain takes.
    pub listener: Vec<AccessLog>,
}

impl AccessLogs {
    /// Reads the mesh's settings (`istio: core/accesslog.go`, `model/telemetry.go: AccessLogging`):
    /// `defaultProviders.accessLogging` where there is any, else `accessLogFile`.
    pub fn new(config: &MeshConfig) -> (Self, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let mut sinks = Vec::new();
        let mut providers = config.default_providers.access_logging.clone();
        // By name, as Istio's list comes from a map (`model/telemetry.go: AccessLogging`).
        providers.sort();
        providers.dedup();
        if providers.is_empty() {
            if !config.access_log_file.is_empty() {
                let format = mesh_format(config, &mut diagnostics);
                sinks.push(AccessLogSink::File { path: config.access_log_file.clone(), format });
            }
            if config.enable_envoy_access_log_service {
                diagnostics.push(unsupported("`enableEnvoyAccessLogService` of the mesh configuration"));
            }
        }
        for name in providers {
            let Some(provider) = config.extension_providers.iter().find(|provider| provider.name == name) else {
                let message =
                    format!("`defaultProviders.accessLogging` names `{name}`, which no extension provider is");
                diagnostics.push(Diagnostic::warning("unknown-provider", Location::Nowhere, message));
                continue;
            };
            match &provider.envoy_file_access_log {
                Some(file) => sinks.push(provider_sink(config, &name, file, &mut diagnostics)),
                None => {
                    diagnostics.push(unsupported(&format!("the access log provider `{name}`, which writes no file,")))
                }
            }
        }
        let log = |filter: Option<AccessLogFilter>| {
            sinks.iter().map(|sink| AccessLog { filter: filter.clone(), sink: sink.clone() }).collect::<Vec<_>>()
        };
        let no_chain = AccessLogFilter::ResponseFlags(vec![defaults::NO_FILTER_CHAIN_FLAG.to_owned()]);
        let listener = if config.disable_envoy_listener_log { Vec::new() } else { log(Some(no_chain)) };
        (Self { traffic: log(None), listener }, diagnostics)
    }
}

/// The built-in provider without a format of its own takes the mesh's (`istio: telemetryAccessLog`).
fn provider_sink(
    config: &MeshConfig,
    name: &str,
    file: &EnvoyFileAccessLog,
    diagnostics: &mut Diagnostics,
) -> AccessLogSink {
    if file.omit_empty_values {
        diagnostics.push(unsupported(&format!("`omitEmptyValues` of the access log provider `{name}`")));
    }
    let path = if file.path.is_empty() { defaults::ACCESS_LOG_PATH.to_owned() } else { file.path.clone() };
    let format = match &file.log_format {
        None if name == "envoy" => mesh_format(config, diagnostics),
        None => text_format(""),
        Some(format) => match (&format.text, &format.labels) {
            (_, Some(labels)) if !labels.is_empty() => LogFormat::Json(Value::Object(labels.clone())),
            (_, Some(_)) => json_default(),
            (text, None) => text_format(text.as_deref().unwrap_or_default()),
        },
    };
    AccessLogSink::File { path, format }
}

/// `accessLogEncoding` and `accessLogFormat` (`istio: model.FileAccessLogFromMeshConfig`).
fn mesh_format(config: &MeshConfig, diagnostics: &mut Diagnostics) -> LogFormat {
    let written = config.access_log_format.as_str();
    match config.access_log_encoding {
        AccessLogEncoding::Text => text_format(written),
        AccessLogEncoding::Json if written.is_empty() => json_default(),
        AccessLogEncoding::Json => match serde_json::from_str::<Map<String, Value>>(written) {
            Ok(format) => LogFormat::Json(Value::Object(format)),
            Err(error) => {
                let message = format!("`accessLogFormat` of the mesh configuration is not a JSON object: {error}");
                diagnostics.push(
                    Diagnostic::warning("invalid-log-format", Location::Nowhere, message)
                        .help("Istio's default JSON format is used instead"),
                );
                json_default()
            }
        },
    }
}

/// A text, with the newline that Istio adds where it is missing (`istio: fileAccessLogFormat`).
fn text_format(written: &str) -> LogFormat {
    LogFormat::Text(match written {
        "" => defaults::ACCESS_LOG_TEXT.to_owned(),
        text if text.ends_with('\n') => text.to_owned(),
        text => format!("{text}\n"),
    })
}

fn json_default() -> LogFormat {
    let entries = defaults::ACCESS_LOG_JSON.into_iter();
    LogFormat::Json(Value::Object(entries.map(|(key, format)| (key.to_owned(), Value::from(format))).collect()))
}

fn unsupported(what: &str) -> Diagnostic {
    Diagnostic::warning("unsupported-field", Location::Nowhere, format!("{what} is not translated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(config: &str) -> (AccessLogs, Diagnostics) {
        AccessLogs::new(&serde_json::from_str(config).expect("a mesh configuration"))
    }

    #[test]
    fn nothing_is_logged_by_default() {
        let (logs, diagnostics) = logs("{}");
        assert!(logs.traffic.is_empty() && logs.listener.is_empty() && diagnostics.0.is_empty());
    }

    #[test]
    fn listeners_log_connections_that_no_chain_takes() {
        let (logs, _) = logs(r#"{"accessLogFile": "/dev/stdout", "accessLogFormat": "%PROTOCOL%"}"#);
        let format = LogFormat::Text("%PROTOCOL%\n".to_owned());
        assert_eq!(logs.traffic[0].sink, AccessLogSink::File { path: "/dev/stdout".into(), format });
        assert_eq!(logs.listener[0].filter, Some(AccessLogFilter::ResponseFlags(vec!["NR".to_owned()])));
    }

    #[test]
    fn providers_take_the_place_of_the_file() {
        let (logs, diagnostics) = logs(
            r#"{"accessLogFile": "/x", "defaultProviders": {"accessLogging": ["envoy", "gone"]},
                "accessLogEncoding": "JSON", "accessLogFormat": "no json"}"#,
        );
        assert_eq!(logs.traffic.len(), 1);
        assert!(
            matches!(&logs.traffic[0].sink, AccessLogSink::File { path, format: LogFormat::Json(_) } if path == "/dev/stdout")
        );
        let codes: Vec<_> = diagnostics.0.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, ["invalid-log-format", "unknown-provider"]);
    }
}
