//! `envoy.config.accesslog.v3.AccessLog`.

use envoy_types::pb::envoy::config::accesslog::v3 as accesslog;
use envoy_types::pb::envoy::config::core::v3::substitution_format_string::Format;
use envoy_types::pb::envoy::config::core::v3::{JsonFormatOptions, SubstitutionFormatString};
use envoy_types::pb::envoy::extensions::access_loggers::file::v3::{FileAccessLog, file_access_log};

use super::any::pack;
use super::core::inline_string;
use super::typed_struct::from_json;
use crate::ir::listener::{AccessLog, AccessLogFilter, AccessLogSink, LogFormat};

/// An access log.
pub fn access_log(log: &AccessLog) -> accesslog::AccessLog {
    let AccessLog { filter, sink } = log;
    let AccessLogSink::File { path, format } = sink;
    let file = FileAccessLog {
        path: path.clone(),
        access_log_format: Some(file_access_log::AccessLogFormat::LogFormat(log_format(format))),
    };
    accesslog::AccessLog {
        name: "envoy.access_loggers.file".to_owned(),
        filter: filter.as_ref().map(access_log_filter),
        config_type: Some(accesslog::access_log::ConfigType::TypedConfig(pack(&file))),
    }
}

fn access_log_filter(filter: &AccessLogFilter) -> accesslog::AccessLogFilter {
    use accesslog::access_log_filter::FilterSpecifier;
    let AccessLogFilter::ResponseFlags(flags) = filter;
    let specifier = FilterSpecifier::ResponseFlagFilter(accesslog::ResponseFlagFilter { flags: flags.clone() });
    accesslog::AccessLogFilter { filter_specifier: Some(specifier) }
}

/// `json_format` is an object: any other JSON writes none of its members. They stay in their order, which
/// Istio spells out.
fn log_format(format: &LogFormat) -> SubstitutionFormatString {
    let (format, json_format_options) = match format {
        LogFormat::Text(text) => (Format::TextFormatSource(inline_string(text.clone())), None),
        LogFormat::Json(json) => {
            let members = from_json(json).unwrap_or_default();
            (Format::JsonFormat(members), Some(JsonFormatOptions::default()))
        }
    };
    SubstitutionFormatString { format: Some(format), json_format_options, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy::json::to_value;

    #[test]
    fn text_log_of_connections_without_a_route() {
        let log = AccessLog {
            filter: Some(AccessLogFilter::ResponseFlags(vec!["NR".into()])),
            sink: AccessLogSink::File { path: "/dev/stdout".into(), format: LogFormat::Text("%PROTOCOL%\n".into()) },
        };
        assert_eq!(
            to_value(&access_log(&log)),
            json!({
                "name": "envoy.access_loggers.file",
                "filter": {"response_flag_filter": {"flags": ["NR"]}},
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                    "path": "/dev/stdout",
                    "log_format": {"text_format_source": {"inline_string": "%PROTOCOL%\n"}}
                }
            })
        );
    }

    #[test]
    fn the_members_of_a_json_log_stay_in_order() {
        let format = LogFormat::Json(json!({"status": "%RESPONSE_CODE%"}));
        let sink = AccessLogSink::File { path: "/dev/stdout".into(), format };
        assert_eq!(
            to_value(&access_log(&AccessLog { filter: None, sink })).pointer("/typed_config/log_format"),
            Some(&json!({"json_format": {"status": "%RESPONSE_CODE%"}, "json_format_options": {}}))
        );
    }
}
