//! What a test decides beforehand, put into the routes.

use serde_json::{Map, Value, json};

use super::{Case, metadata};

/// The routes as they are for this test: shares of requests are all or none, matchers of metadata are gone or cannot
/// hold, and TLS is asked of the client or not.
pub(super) fn decided(routes: &Value, case: &Case) -> Value {
    let mut routes = routes.clone();
    let hosts = routes.get_mut("virtual_hosts").and_then(Value::as_array_mut);
    for host in hosts.into_iter().flatten() {
        // The tool says itself who is internal.
        if let Some(required) = host.get_mut("require_tls").filter(|required| *required == "EXTERNAL_ONLY") {
            *required = if case.internal { "NONE" } else { "ALL" }.into();
        }
        let routes = host.get_mut("routes").and_then(Value::as_array_mut);
        for route in routes.into_iter().flatten() {
            if let Some(matches) = route.get_mut("match").and_then(Value::as_object_mut) {
                share(matches, case);
                dynamic_metadata(matches, case);
            }
        }
    }
    routes
}

/// A share counts only where the test switches its runtime key on; a share of 0 is one of 1
/// (`RouterCheckTool::runtimeMock` and `assignRuntimeFraction` there).
fn share(matches: &mut Map<String, Value>, case: &Case) {
    let Some(fraction) = matches.remove("runtime_fraction") else { return };
    let key = fraction.get("runtime_key").and_then(Value::as_str).unwrap_or_default();
    let default = fraction.get("default_value");
    let numerator = default.and_then(|it| it.get("numerator")?.as_u64()).unwrap_or_default().max(1);
    let denominator = match default.and_then(|it| it.get("denominator")?.as_str()) {
        Some("TEN_THOUSAND") => 10_000,
        Some("MILLION") => 1_000_000,
        _ => 100,
    };
    let on = !case.runtime.is_empty() && key == case.runtime && case.random_value % denominator < numerator;
    if !on {
        let none = json!({"runtime_key": key, "default_value": {"numerator": 0}});
        matches.insert("runtime_fraction".to_owned(), none);
    }
}

fn dynamic_metadata(matches: &mut Map<String, Value>, case: &Case) {
    let Some(Value::Array(matchers)) = matches.remove("dynamic_metadata") else { return };
    let fails = |matcher: &&Value| !metadata::holds(matcher, &case.metadata);
    if let Some(matcher) = matchers.iter().find(fails) {
        let never = json!([{"filter": matcher.get("filter"), "invert": false}]);
        matches.insert("dynamic_metadata".to_owned(), never);
    }
}
