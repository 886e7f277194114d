//! Spellings that mean the same, and what means nothing.

use serde_json::Value;

/// Durations without zeros at their end, and nothing that only says where an object is from.
pub(super) fn normal(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let mut empty = false;
            for (key, field) in fields.iter_mut() {
                if key == "metadata" {
                    empty |= forget_source(field);
                }
                normal(field);
            }
            if empty {
                fields.shift_remove("metadata");
            }
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

/// Takes out where Istio's own telemetry reads the resource's name: it changes no answer, and citations say it better
/// (`istio: pilot/pkg/networking/util`, `BuildConfigInfoMetadata`). Gives whether nothing else is there.
fn forget_source(metadata: &mut Value) -> bool {
    let Some(Value::Object(all)) = metadata.pointer_mut("/filter_metadata") else { return false };
    let alone = all.len() == 1;
    let Some(Value::Object(istio)) = all.get_mut("istio") else { return false };
    istio.shift_remove("config");
    alone && istio.is_empty()
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
