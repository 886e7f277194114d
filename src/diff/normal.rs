//! Spellings that mean the same, and what means nothing.

use serde_json::Value;

/// Durations without zeros at their end, and nothing that only says where an object is from.
pub(super) fn normal(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // Where Istio's own telemetry reads the resource's name: it changes no answer, and
            // citations say it better (`istio: pilot/pkg/networking/util`, `BuildConfigInfoMetadata`).
            let source = fields.get_mut("metadata").and_then(|it| it.pointer_mut("/filter_metadata/istio"));
            if let Some(Value::Object(istio)) = source {
                istio.shift_remove("config");
            }
            let empty = |value: &Value| {
                value.pointer("/filter_metadata/istio").and_then(Value::as_object).is_some_and(|it| it.is_empty())
                    && value.pointer("/filter_metadata").and_then(Value::as_object).is_some_and(|it| it.len() == 1)
            };
            if fields.get("metadata").is_some_and(empty) {
                fields.shift_remove("metadata");
            }
            fields.values_mut().for_each(normal);
        }
        Value::Array(items) => items.iter_mut().for_each(normal),
        Value::String(text) => {
            if let Some(shorter) = duration(text) {
                *text = shorter;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `1.500s` as `1.5s`; `None` where there is nothing to shorten.
fn duration(text: &str) -> Option<String> {
    let number = text.strip_suffix('s')?;
    let (whole, part) = number.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || !part.ends_with('0') {
        return None;
    }
    let part = part.trim_end_matches('0');
    Some(if part.is_empty() { format!("{whole}s") } else { format!("{whole}.{part}s") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_spellings_become_one() {
        let mut value = json!({"timeout": "1.500s", "other": "2.0s", "name": "a.0s",
            "metadata": {"filter_metadata": {"istio": {"config": "/apis/x"}}}});
        normal(&mut value);
        assert_eq!(value, json!({"timeout": "1.5s", "other": "2s", "name": "a.0s"}));
    }
}
