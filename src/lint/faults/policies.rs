//! What istiod's webhook refuses or doubts in policies and extensions: AuthorizationPolicy, PeerAuthentication,
//! RequestAuthentication, Telemetry, EnvoyFilter, WasmPlugin, TrafficExtension.

super::declare_faults! {
    "dry-run-not-supported"
        what "A policy that can be neither allowed nor denied by is to be tried out."
        why "A dry run is for ALLOW and DENY only; istiod refuses the object."
        help "Remove the annotation.";
    "duplicate-variable"
        what "A variable of a module's environment is there twice."
        why "istiod refuses the object."
        help "Remove one.";
    "empty-name"
        what "A name is empty."
        why "istiod refuses the object, or the entry has no effect."
        help "Write a name.";
    "empty-value"
        what "A value is empty where one is needed."
        why "istiod refuses the object."
        help "Write a value.";
    "entries-not-used"
        what "A list of which Istio reads the first entry only."
        why "The others have no effect."
        help "Keep one.";
    "envoy-filter"
        what "An EnvoyFilter that is worth a second look: without a selector, or with `targetRefs` that it may not have."
        why "It changes Envoy's configuration in every proxy that it takes."
        help "Name the workloads it is for.";
    "http-only-deny"
        what "A policy denies by attributes of HTTP without naming ports."
        why "On ports that are not HTTP these cannot be checked, so everything is denied there."
        help "Name the HTTP `ports` in `to.operation`.";
    "malformed-annotation"
        what "An annotation has a value that it does not take."
        why "istiod refuses the object, or ignores the annotation."
        help "Write 'true' or 'false', in quotes.";
    "malformed-attribute"
        what "An attribute of a condition with brackets that are not in order."
        why "istiod refuses the object."
        help "Write it as `request.headers[name]`.";
    "malformed-expression"
        what "The `filter` of a Telemetry's access log is no expression in CEL."
        why "istiod refuses the object."
        help "Write an expression such as `response.code >= 400`.";
    "malformed-header"
        what "A header has characters that it cannot have there."
        why "istiod refuses the object."
        help "Use letters, digits, `-` and `_`.";
    "malformed-jwks"
        what "`jwks` is no JSON Web Key Set."
        why "No token can be checked with it; istiod refuses the object."
        help "Write a JSON object with `keys` (RFC 7517).";
    "malformed-match"
        what "A match of paths with a template that is not in order."
        why "istiod refuses the object."
        help "Use `{*}` for a segment, and `{**}` once at most.";
    "malformed-selector"
        what "A selector with an empty label, or a wildcard in one."
        why "istiod refuses the object: labels are compared as they are."
        help "Write the label in full.";
    "malformed-sha256"
        what "`sha256` is no checksum."
        why "The module could never be loaded; istiod refuses the object."
        help "Write 64 hexadecimal digits in lower case.";
    "malformed-url"
        what "A text is no URL that can be used there."
        why "istiod refuses the object."
        help "Write scheme, host and path.";
    "match-not-used"
        what "A part of an EnvoyFilter's `match` that is not looked at for what it changes."
        why "The filter takes more than it seems."
        help "Remove it, or change `applyTo`.";
    "match-of-other-context"
        what "A part of an EnvoyFilter's `match` does not go with its `context`."
        why "istiod refuses the object."
        help "Change the context, or remove the part.";
    "match-of-other-kind"
        what "A part of an EnvoyFilter's `match` is for another kind of object than `applyTo` names."
        why "The patch would never apply; istiod refuses the object."
        help "Use the part that goes with `applyTo`.";
    "missing-apply-to"
        what "An entry of `configPatches` without `applyTo`."
        why "istiod refuses the object: it does not say what is changed."
        help "Add `applyTo`.";
    "missing-claim"
        what "An output of a claim without the claim's name."
        why "istiod refuses the object."
        help "Add `claim`.";
    "missing-code"
        what "A TrafficExtension without `wasm` and `lua`, or one without its code."
        why "There is nothing to run; istiod refuses the object."
        help "Add it.";
    "missing-filter-name"
        what "A filter in an EnvoyFilter's `match` without `name`."
        why "istiod refuses the object."
        help "Add the name of the filter, such as `envoy.filters.http.router`.";
    "missing-header-name"
        what "A header without `name`."
        why "istiod refuses the object."
        help "Add `name`.";
    "missing-issuer"
        what "A rule of JWT without `issuer` and without `jwksUri`."
        why "There is nothing to check a token against; istiod refuses the object."
        help "Add `issuer`.";
    "missing-key"
        what "A condition without `key`."
        why "istiod refuses the object."
        help "Name an attribute, such as `request.auth.claims[iss]`.";
    "missing-operation"
        what "An entry of `to` without `operation`, or with an empty one."
        why "istiod refuses the object."
        help "Name paths, methods, hosts or ports, or remove the entry.";
    "missing-patch"
        what "An entry of `configPatches` without `patch`."
        why "istiod refuses the object."
        help "Add `patch`.";
    "missing-patch-value"
        what "A patch without `value`."
        why "Only REMOVE needs none; istiod refuses the object."
        help "Add `value`.";
    "missing-provider"
        what "Something that needs a provider names none."
        why "istiod refuses the object."
        help "Name one of the mesh's `extensionProviders`.";
    "missing-rules"
        what "A policy without `rules` and with an action that needs them."
        why "It matches nothing, so the action is never taken."
        help "Add `rules`; `- {}` is a rule that matches everything.";
    "missing-source"
        what "An entry of `from` without `source`, or with an empty one."
        why "istiod refuses the object."
        help "Name principals, namespaces or addresses, or remove the entry.";
    "missing-tag-value"
        what "A tag of Telemetry without the value that its sort needs."
        why "istiod refuses the object."
        help "Add the field that the message names.";
    "missing-target-kind"
        what "An entry of `targetRefs` without `kind`."
        why "istiod refuses the object."
        help "Add `kind`, such as Gateway or Service.";
    "missing-target-name"
        what "An entry of `targetRefs` without `name`, or with one that is too long."
        why "istiod refuses the object."
        help "Add the name of an object in the same namespace.";
    "missing-url"
        what "A module without `url`."
        why "There is nothing to load; istiod refuses the object."
        help "Add `url`.";
    "missing-values"
        what "A condition without `values` and `notValues`."
        why "istiod refuses the object."
        help "Add values; `*` stands for any.";
    "missing-variable-name"
        what "A variable of a module's environment without `name`."
        why "istiod refuses the object."
        help "Add `name`.";
    "missing-waypoint-match"
        what "An EnvoyFilter of context WAYPOINT without `waypoint` in its `match`."
        why "istiod refuses the object."
        help "Add `waypoint`.";
    "not-with-custom"
        what "An attribute that the action CUSTOM does not support."
        why "istiod refuses the object: it cannot be checked before the provider is asked."
        help "Remove it, or write a second policy with ALLOW or DENY.";
    "old-filter-name"
        what "An EnvoyFilter looks for a filter by a name that it had in an old version of Envoy."
        why "Istio's filters have the new names: the patch applies nowhere."
        help "Write the new name; `--fix` does.";
    "ports-without-selector"
        what "`portLevelMtls` of a policy for a namespace or the mesh."
        why "Ports are of single workloads; istiod refuses the object."
        help "Add `selector.matchLabels`.";
    "private-key-in-jwks"
        what "A key set holds a private key."
        why "Whoever reads the object can sign tokens."
        help "Keep the public parts only, and replace the key.";
    "provider-without-custom"
        what "`provider` of a policy whose action is not CUSTOM."
        why "istiod refuses the object."
        help "Set `action: CUSTOM`, or remove it.";
    "tag-without-value"
        what "A tag of Telemetry without a value."
        why "It is not set."
        help "Add `literal`, `environment` or `header`.";
    "target-in-other-namespace"
        what "An entry of `targetRefs` names a namespace."
        why "A target is in the namespace of the policy; istiod refuses the object."
        help "Put the policy there.";
    "too-long"
        what "A text is longer than istiod takes."
        why "istiod refuses the object."
        help "Shorten it.";
    "too-many-entries"
        what "A list is longer than istiod takes."
        why "istiod refuses the object."
        help "Split it over several objects.";
    "unknown-attribute"
        what "`key` of a condition is no attribute."
        why "istiod refuses the object."
        help "Use one of those that Istio's page of authorization policy conditions lists.";
    "unknown-target"
        what "A policy is attached to a kind that it cannot be attached to."
        why "istiod refuses the object, or it has no effect."
        help "Use a Gateway, a GatewayClass, a Service or a ServiceEntry.";
    "value-not-used"
        what "A value beside a source of another one."
        why "It has no effect; istiod refuses the object."
        help "Remove one of both.";
}
