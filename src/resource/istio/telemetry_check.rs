//! What istiod or the CRD refuses of a Telemetry (`pkg/config/validation: ValidateTelemetry*`).

use super::Telemetry;
use super::policy_check::{check_choice, check_exclusive};
use super::telemetry::{CustomTag, MetricsOverrides, ProviderRef, TagOperation, Tracing};
use crate::base::{Diagnostics, Origin, cel};
use crate::resource::Object;
use crate::resource::check::{self, doubt, fault};

/// Checks one object by itself.
pub(in crate::resource) fn check(object: &Object<Telemetry>, out: &mut Diagnostics) {
    let spec = object.spec_origin();
    let Telemetry { selector, target_ref, target_refs, tracing, metrics, access_logging } = &object.spec;
    check_choice(&spec, selector.as_ref(), target_ref.as_ref(), target_refs, out);
    if tracing.len() > 1 {
        let message = "only the first entry of `tracing` counts";
        out.push(doubt("entries-not-used", &spec.key("tracing").index(1), message).help("remove the others"));
    }
    for (index, tracing) in tracing.iter().enumerate() {
        check_tracing(&spec.key("tracing").index(index), tracing, out);
    }
    for (index, metrics) in metrics.iter().enumerate() {
        let at = spec.key("metrics").index(index);
        check_providers(&at, &metrics.providers, out);
        check::duration(&at.key("reportingInterval"), metrics.reporting_interval, out);
        for (index, overrides) in metrics.overrides.iter().enumerate() {
            check_overrides(&at.key("overrides").index(index), overrides, out);
        }
    }
    for (index, logging) in access_logging.iter().enumerate() {
        let at = spec.key("accessLogging").index(index);
        check_providers(&at, &logging.providers, out);
        if let Some(filter) = &logging.filter
            && let Err(error) = cel::check(&filter.expression)
        {
            let message = format!("the expression is not CEL: {error}");
            out.push(fault("malformed-expression", &at.key("filter").key("expression"), message));
        }
    }
}

fn check_providers(at: &Origin, providers: &[ProviderRef], out: &mut Diagnostics) {
    for (index, _) in providers.iter().enumerate().filter(|(_, provider)| provider.name.is_empty()) {
        let at = at.key("providers").index(index);
        out.push(fault("missing-provider", &at, "a provider needs a `name`"));
    }
}

fn check_tracing(at: &Origin, tracing: &Tracing, out: &mut Diagnostics) {
    check_providers(at, &tracing.providers, out);
    if tracing.providers.len() > 1 {
        let message = "only the first provider gets the traces";
        out.push(doubt("entries-not-used", &at.key("providers").index(1), message).help("remove the others"));
    }
    if let Some(share) = tracing.random_sampling_percentage.filter(|share| !(0.0..=100.0).contains(share)) {
        let message = format!("{share} is not a percentage from 0 to 100");
        out.push(fault("percentage-out-of-range", &at.key("randomSamplingPercentage"), message));
    }
    for (name, tag) in &tracing.custom_tags {
        if name.is_empty() {
            out.push(fault("empty-name", &at.key("customTags"), "a tag needs a name"));
        }
        let at = at.key("customTags").key(name.clone());
        let (key, field, text) = match tag {
            CustomTag::Unset => {
                out.push(fault("tag-without-value", &at, format!("tag `{name}` has no value")));
                continue;
            }
            CustomTag::Literal(text) => ("literal", "value", &text.value),
            CustomTag::Formatter(text) => ("formatter", "value", &text.value),
            CustomTag::Environment(source) => ("environment", "name", &source.name),
            CustomTag::Header(source) => ("header", "name", &source.name),
        };
        if text.is_empty() {
            let message = format!("tag `{name}` needs `{key}.{field}`");
            out.push(fault("missing-tag-value", &at.key(key), message));
        }
    }
}

fn check_overrides(at: &Origin, overrides: &MetricsOverrides, out: &mut Diagnostics) {
    if let Some(selector) = &overrides.matches {
        let at = at.key("match");
        let written = [(selector.metric.is_some(), "metric"), (selector.custom_metric.is_some(), "customMetric")];
        check_exclusive(&at, &written, out);
        if selector.custom_metric.as_deref() == Some("") {
            out.push(fault("empty-value", &at.key("customMetric"), "`customMetric` is empty").help("name a metric"));
        }
    }
    for (name, tag) in &overrides.tag_overrides {
        let place = at.key("tagOverrides").key(name.clone());
        if name.is_empty() {
            out.push(doubt("empty-name", &at.key("tagOverrides"), "a tag without a name has no effect"));
        }
        match tag.operation {
            TagOperation::Upsert if tag.value.is_empty() => {
                let help = "an expression in CEL, or `operation: REMOVE`";
                out.push(fault("missing-tag-value", &place, format!("tag `{name}` needs a `value`")).help(help));
            }
            TagOperation::Remove if !tag.value.is_empty() => {
                let message = "a tag that is removed has no `value`";
                out.push(fault("value-not-used", &place.key("value"), message).help("remove one of them"));
            }
            TagOperation::Upsert | TagOperation::Remove => {}
        }
    }
}
