//! The code of istioctl for each fault that meshc names.

use crate::base::Severity;

/// Field validation: what the webhook refuses (`SchemaValidationError`).
pub const REFUSED: &str = "IST0106";

/// Field validation: what the webhook takes with a warning (`SchemaWarning`).
pub const DOUBTED: &str = "IST0133";

/// What the stages name and istioctl has under another code than those of field validation, or under none.
const NAMED: &[(&str, Option<&str>)] = &[
    ("delegate-conflict", None),
    ("delegate-not-exported", None),
    ("duplicate-object", None),
    ("host-not-in-gateway", Some("IST0132")),
    ("ignored-default-backend", None),
    ("ignored-document", None),
    ("ignored-ingress", None),
    ("ingress-controller-off", None),
    ("large-document", None),
    ("literal-path", None),
    ("malformed-suppression", None),
    ("missing-kind", None),
    ("no-object", None),
    ("not-exported-to-gateway", None),
    ("path-without-service", None),
    ("rule-without-paths", None),
    ("tls-without-secret", None),
    ("unknown-delegate", None),
    ("unknown-destination-host", Some("IST0101")),
    ("unknown-destination-port", Some("IST0101")),
    ("unknown-gateway", Some("IST0101")),
    ("unknown-kind", None),
    ("unknown-port", None),
    ("unknown-service", None),
    ("unknown-subset", Some("IST0101")),
    ("unknown-version", None),
    ("unread-endpoints", None),
    ("unread-kind", None),
    ("unsupported-kind", None),
    ("unused-suppression", None),
];

/// The code of istioctl that covers a finding of this code and severity, if one does. What no
/// table has comes from reading the text and the fields, which istioctl counts as validation.
pub fn istio_code(code: &str, severity: Severity) -> Option<&'static str> {
    if let Some(rule) = super::rule(code) {
        return rule.codes.iter().copied().find(|code| code.starts_with("IST"));
    }
    if let Ok(at) = NAMED.binary_search_by_key(&code, |(name, _)| name) {
        return NAMED.get(at).and_then(|(_, istio)| *istio);
    }
    match severity {
        Severity::Error => Some(REFUSED),
        Severity::Warning => Some(DOUBTED),
        Severity::Note => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_fault_has_its_code() {
        assert!(NAMED.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(istio_code("several-sidecars-without-selector", Severity::Error), Some("IST0111"));
        assert_eq!(istio_code("unknown-gateway", Severity::Warning), Some("IST0101"));
        assert_eq!(istio_code("unknown-kind", Severity::Error), None);
        assert_eq!(istio_code("unknown-field", Severity::Error), Some(REFUSED));
        assert_eq!(istio_code("empty-selector", Severity::Warning), Some(DOUBTED));
    }
}
