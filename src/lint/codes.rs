//! The codes of istioctl and Kiali for each fault that meshc names.

use super::faults;
use crate::base::Severity;

/// Field validation: what the webhook refuses (`SchemaValidationError`).
pub const REFUSED: &str = "IST0106";

/// Field validation: what the webhook takes with a warning (`SchemaWarning`).
pub const DOUBTED: &str = "IST0133";

/// What the stages name and istioctl has under another code than those of field validation, or
/// under none; with what Kiali calls it.
const NAMED: &[(&str, Option<&str>, &[&str])] = &[
    ("delegate-conflict", None, &[]),
    ("delegate-not-exported", None, &[]),
    ("duplicate-object", None, &[]),
    ("host-not-in-gateway", Some("IST0132"), &[]),
    ("ignored-default-backend", None, &[]),
    ("ignored-document", None, &[]),
    ("ignored-ingress", None, &[]),
    ("ingress-controller-off", None, &[]),
    ("large-document", None, &[]),
    ("literal-path", None, &[]),
    ("malformed-suppression", None, &[]),
    ("missing-kind", None, &[]),
    ("no-object", None, &[]),
    ("not-exported-to-gateway", None, &[]),
    ("null-entry", None, &[]),
    ("old-gateway-name", Some("IST0133"), &["KIA1108"]),
    ("path-without-service", None, &[]),
    ("rule-without-paths", None, &[]),
    ("settings-without-port", None, &[]),
    ("tls-without-secret", None, &[]),
    ("undiscovered-namespace", None, &[]),
    ("unknown-delegate", None, &[]),
    ("unknown-destination-host", Some("IST0101"), &["KIA1101"]),
    ("unknown-destination-port", Some("IST0101"), &[]),
    ("unknown-gateway", Some("IST0101"), &["KIA1102"]),
    ("unknown-kind", None, &[]),
    ("unknown-port", None, &[]),
    ("unknown-service", None, &[]),
    ("unknown-subset", Some("IST0101"), &["KIA1107"]),
    ("unknown-version", None, &[]),
    ("unread-endpoints", None, &[]),
    ("unread-kind", None, &[]),
    ("unsupported-kind", None, &[]),
    ("unused-suppression", None, &[]),
];

/// The code of istioctl that covers a finding of this code and severity, if one does. What no
/// table has comes from reading the text and the fields, which istioctl counts as validation.
pub fn istio_code(code: &str, severity: Severity) -> Option<&'static str> {
    if let Some(rule) = super::rule(code) {
        return rule.codes.iter().copied().find(|code| code.starts_with("IST"));
    }
    // What the compiled configuration shows, istioctl does not look at.
    if code.starts_with("verify/") || faults::is_of_compiler(code) {
        return None;
    }
    if let Ok(at) = NAMED.binary_search_by_key(&code, |(name, ..)| name) {
        return NAMED.get(at).and_then(|(_, istio, _)| *istio);
    }
    match severity {
        Severity::Error => Some(REFUSED),
        Severity::Warning => Some(DOUBTED),
        Severity::Note => None,
    }
}

/// Whether a code of istioctl or Kiali names a fault besides what [`istio_code`] gives: one of several
/// that a rule covers, or Kiali's for what a stage finds.
pub fn covers(fault: &str, code: &str) -> bool {
    match super::rule(fault) {
        Some(rule) => rule.codes.contains(&code),
        None => NAMED.iter().any(|(name, _, kiali)| *name == fault && kiali.contains(&code)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lint::RULES;

    /// Every code that istioctl has (`istio: msg/messages.yaml`) without those that are retired.
    const ISTIO: &[(u32, u32)] = &[(1, 2), (101, 103), (106, 112), (116, 116), (118, 118), (123, 123), (125, 177)];

    /// Every code that Kiali has (`kiali: models/istio_validation.go`).
    const KIALI: &[(u32, u32)] = &[
        (2, 5),
        (101, 102),
        (104, 110),
        (201, 212),
        (301, 302),
        (401, 401),
        (501, 501),
        (505, 506),
        (601, 602),
        (701, 701),
        (1004, 1004),
        (1006, 1007),
        (1101, 1102),
        (1104, 1117),
        (1211, 1212),
        (1301, 1301),
        (1311, 1317),
        (1401, 1402),
        (1501, 1504),
        (1601, 1601),
        (1701, 1702),
    ];

    /// Codes without a rule, each with the reason.
    const NOT_COVERED: &[(&str, &str)] = &[
        ("IST0001", "a fault of istioctl itself"),
        ("IST0141", "asks the cluster about permissions"),
        ("IST0142", "asks the cluster about its version"),
        ("IST0143", "istioctl has nothing that says it"),
        ("IST0156", "an upgrade check"),
        ("IST0168", "istioctl has nothing that says it"),
        ("IST0169", "an upgrade check"),
        ("IST0170", "compares live clusters"),
        ("IST0172", "an upgrade check"),
        ("KIA0107", "asks other clusters"),
        ("KIA1312", "about pods as they run"),
        ("KIA1314", "about pods as they run"),
        ("KIA1315", "about pods as they run"),
        ("KIA1316", "about pods as they run"),
        ("KIA1504", "about Kiali's own settings"),
    ];

    #[test]
    fn each_kind_of_fault_has_its_code() {
        assert!(NAMED.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(istio_code("several-sidecars-without-selector", Severity::Error), Some("IST0111"));
        assert_eq!(istio_code("unknown-gateway", Severity::Warning), Some("IST0101"));
        assert_eq!(istio_code("unknown-kind", Severity::Error), None);
        assert_eq!(istio_code("unknown-field", Severity::Error), Some(REFUSED));
        assert_eq!(istio_code("empty-selector", Severity::Warning), Some(DOUBTED));
    }

    #[test]
    fn kialis_codes_name_faults_of_rules_and_of_stages() {
        assert!(covers("sidecars-of-one-workload", "KIA0003") && covers("unknown-gateway", "KIA1102"));
        assert!(!covers("unknown-gateway", "KIA0003") && !covers("unknown-kind", "KIA1102"));
    }

    #[test]
    fn every_code_is_covered_or_has_a_reason() {
        let all = |prefix: &'static str, ranges: &'static [(u32, u32)]| {
            let numbers = ranges.iter().flat_map(|(first, last)| *first..=*last);
            numbers.map(move |number| format!("{prefix}{number:04}"))
        };
        let expected: BTreeSet<String> = all("IST", ISTIO).chain(all("KIA", KIALI)).collect();
        let of_rules = RULES.iter().flat_map(|rule| rule.codes).copied();
        let of_stages = NAMED.iter().flat_map(|(_, istio, kiali)| istio.iter().chain(kiali.iter())).copied();
        let covered: BTreeSet<&str> = of_rules.chain(of_stages).chain([REFUSED, DOUBTED]).collect();
        let reasons: BTreeSet<&str> = NOT_COVERED.iter().map(|(code, _)| *code).collect();
        let both: Vec<_> = covered.intersection(&reasons).collect();
        assert_eq!(both, [""; 0].iter().collect::<Vec<_>>(), "covered, and with a reason why not");
        let accounted: BTreeSet<String> = covered.union(&reasons).map(|code| (*code).to_owned()).collect();
        let missing: Vec<_> = expected.difference(&accounted).collect();
        assert_eq!(missing, [""; 0], "neither covered nor with a reason");
        let unknown: Vec<_> = accounted.difference(&expected).collect();
        assert_eq!(unknown, [""; 0], "no code of istioctl or Kiali");
    }
}
