//! What istiod's webhook refuses or doubts in objects that route: Gateway, VirtualService, DestinationRule,
//! ServiceEntry, WorkloadEntry, WorkloadGroup, Sidecar, and what they share.

super::declare_faults! {
    "abort-without-status"
        what "An `abort` of a fault names no status."
        why "Envoy needs one to answer with, so the abort does nothing."
        help "Name `httpStatus` or `grpcStatus`.";
    "address-as-sni"
        what "`sniHosts` has an IP address."
        why "Clients send host names as SNI, never addresses: the match takes nothing."
        help "Match by port or `destinationSubnets`, or name the host.";
    "aggression-out-of-range"
        what "`aggression` of a warm-up is not above 0."
        why "istiod refuses the object."
        help "Write a number above 0; 1 is a straight line.";
    "authority-set-twice"
        what "The authority of requests is changed by a rewrite and by headers."
        why "istiod refuses the object: one would undo the other."
        help "Keep `rewrite.authority`.";
    "capture-of-socket"
        what "An egress listener on a Unix socket has a `captureMode`."
        why "Traffic to a socket cannot be redirected; istiod refuses the object."
        help "Remove `captureMode`.";
    "catch-all-not-last"
        what "An egress listener without port stands before others."
        why "It takes what no other listener takes; istiod wants it at the end and refuses the object."
        help "Move it to the end, or give it a port.";
    "concrete-host-with-dynamic-dns"
        what "A ServiceEntry with resolution DYNAMIC_DNS has a host without wildcard."
        why "That resolution is for wildcards; istiod refuses the object."
        help "Use `resolution: DNS`.";
    "conflicting-actions"
        what "A route does two things that exclude each other: `route`, `redirect`, `directResponse`, `delegate`."
        why "istiod refuses the object."
        help "Keep one, or make two routes with different matches.";
    "conflicting-certificates"
        what "Certificates are given by `credentialName` and by files."
        why "istiod refuses the object: it cannot tell which to use."
        help "Keep one of both.";
    "conflicting-crl"
        what "A list of revoked certificates beside `credentialName`, or with a mode that checks no client certificates."
        why "It would not be used; istiod refuses the object."
        help "Put it into the credential as `ca.crl`, or use mode MUTUAL.";
    "conflicting-export"
        what "`exportTo` has `*` or `~` beside other entries, or a rule for selected workloads is exported elsewhere."
        why "istiod refuses the object."
        help "Keep one meaning: all, nobody, or a list of namespaces.";
    "conflicting-fields"
        what "Two fields are set that exclude each other."
        why "istiod refuses the object."
        help "Keep one of them.";
    "conflicting-mirrors"
        what "A route has both `mirror` and `mirrors`."
        why "istiod refuses the object."
        help "Write all of them under `mirrors`.";
    "delegate-with-extras"
        what "A VirtualService without hosts, which is a delegate, has gateways or routes of TCP or TLS."
        why "A delegate has routes of HTTP only; istiod refuses the object."
        help "Add `hosts`, or remove what a delegate has not.";
    "deprecated-setting"
        what "A field that Istio keeps only for old configurations."
        why "It may go away, and another field has replaced it."
        help "Use the field that the message names.";
    "duplicate-cipher-suite"
        what "A cipher suite is listed twice."
        why "The second one has no effect."
        help "Remove it.";
    "duplicate-cookie-attribute"
        what "A cookie of a hash has one attribute twice."
        why "istiod refuses the object."
        help "Keep one of them.";
    "duplicate-egress-host"
        what "A Sidecar imports one host twice."
        why "The second entry has no effect."
        help "Remove it.";
    "duplicate-export"
        what "`exportTo` has one entry twice."
        why "istiod refuses the object."
        help "Remove one.";
    "duplicate-host"
        what "Two hosts of a VirtualService or Gateway are the same, or one takes the other in."
        why "Envoy cannot have a domain twice; istiod refuses the object."
        help "Keep the one that takes all that is meant.";
    "duplicate-port"
        what "A port is listed twice."
        why "istiod refuses the object: a port has one meaning."
        help "Remove one, or change its number.";
    "duplicate-port-name"
        what "Two ports, or two servers' ports, have one name."
        why "Routes are found by that name; istiod refuses the object or leaves a server out."
        help "Name them apart.";
    "duplicate-subset"
        what "Two subsets of a DestinationRule have one name."
        why "Routes go to a subset by its name; istiod refuses the object."
        help "Name them apart.";
    "duration-too-fine"
        what "A duration has parts of a millisecond."
        why "istiod takes whole milliseconds only, and refuses the object."
        help "Round it.";
    "duration-too-short"
        what "A duration is less than 1 ms."
        why "istiod refuses the object."
        help "Write at least 1ms, or leave the field out.";
    "egress-proxy-without-allow-any"
        what "`egressProxy` of a Sidecar, and its mode is not ALLOW_ANY."
        why "The proxy is only for what ALLOW_ANY lets pass; istiod refuses the object."
        help "Set `mode: ALLOW_ANY`, or remove it.";
    "empty-fault"
        what "A `fault` without `delay` and `abort`."
        why "It does nothing; istiod refuses the object."
        help "Add one of them, or remove it.";
    "empty-match"
        what "A match of a text is empty."
        why "An empty prefix or expression takes everything, which is seldom meant; istiod refuses most of them."
        help "Write the text, or remove the match.";
    "empty-policy"
        what "A traffic policy, or a part of one, sets nothing."
        why "istiod refuses the object."
        help "Set a field, or remove it.";
    "empty-redirect"
        what "A `redirect` changes nothing of the address."
        why "Clients would be sent to where they are already; istiod refuses the object."
        help "Set `uri`, `authority`, `scheme` or `port`.";
    "empty-rewrite"
        what "A `rewrite` changes nothing."
        why "istiod refuses the object."
        help "Set `uri`, `uriRegexRewrite` or `authority`.";
    "empty-selector"
        what "A selector of workloads has no labels."
        why "It takes every workload of the namespace (of the mesh, in the root namespace)."
        help "Name labels, or leave the selector out to say so.";
    "endpoints-not-used"
        what "A ServiceEntry has endpoints and a resolution or selector that does not use them."
        why "istiod refuses the object."
        help "Use `resolution: STATIC`, or remove the endpoints.";
    "failover-to-itself"
        what "A failover goes from a region to the same one."
        why "istiod refuses the object."
        help "Name another region under `to`.";
    "failover-without-outlier-detection"
        what "A failover is set and `outlierDetection` is not."
        why "Without it Envoy never finds an endpoint unhealthy, so nothing fails over."
        help "Add `outlierDetection` to the same policy.";
    "field-not-implemented"
        what "A field that the API has and Istio never implemented."
        why "istiod refuses the object or does nothing."
        help "Remove it.";
    "hosts-not-told-apart"
        what "A ServiceEntry has several hosts on a port that is neither HTTP nor TLS."
        why "Nothing in the bytes says which host is meant; istiod refuses the object."
        help "Make a ServiceEntry for each host, or set the port's `protocol`.";
    "hosts-share-address"
        what "A ServiceEntry has several hosts with the same addresses and a TCP port."
        why "TCP is told apart by address, so all traffic goes to the first host."
        help "Make a ServiceEntry with its own address for each host.";
    "http-settings-without-http"
        what "Settings of HTTP on a port of a Sidecar that does not speak it."
        why "They have no effect."
        help "Set the port's `protocol`.";
    "jwt-claim-in-mesh"
        what "A claim of a JWT is matched by a VirtualService for the mesh."
        why "Only gateways have the claims; istiod refuses the object."
        help "Name `gateways`, without `mesh`.";
    "large-body"
        what "The body of a `directResponse` is large."
        why "It is sent to every proxy; above a limit istiod refuses the object."
        help "Serve it from a service.";
    "local-failures-not-split"
        what "A field of outlier detection needs `splitExternalLocalOriginErrors`."
        why "Without it Envoy does not count local failures apart, so the field has no effect; istiod refuses the object."
        help "Set `splitExternalLocalOriginErrors: true`.";
    "long-regex"
        what "A regular expression is longer than istiod takes."
        why "istiod refuses the object, or Envoy the expression."
        help "Shorten it, or make several matches.";
    "malformed-address"
        what "An address is neither an IP address nor what else the field takes (a range, a Unix socket)."
        why "istiod refuses the object."
        help "Write an address such as `10.0.0.1` or `::1`.";
    "malformed-credential-name"
        what "`credentialName` begins as a reference that istiod does not know or that is incomplete."
        why "istiod refuses the object."
        help "Write `configmap://name`, or the name of a Secret.";
    "malformed-endpoint"
        what "`defaultEndpoint` of a Sidecar is not in the form that istiod takes."
        why "istiod refuses the object."
        help "Write `127.0.0.1:port`, `0.0.0.0:port`, `[::1]:port`, `[::]:port` or `unix:///path`.";
    "malformed-export"
        what "An entry of `exportTo` is no namespace, `.`, `*` or `~`, or cannot be used for the kind."
        why "istiod refuses the object."
        help "Name a namespace, `.` for its own, or `*` for all.";
    "malformed-gateway-name"
        what "An entry of `gateways` is not `namespace/name`, `name` or `mesh`."
        why "istiod refuses the object."
        help "Write `namespace/name`.";
    "malformed-header-name"
        what "A name cannot be the name of a header."
        why "HTTP allows letters, digits and a few marks; Envoy or istiod refuses it."
        help "Correct it: no spaces, colons or slashes.";
    "malformed-header-value"
        what "The value of a header cannot be sent."
        why "Envoy reads `%` as the start of a variable and refuses control characters."
        help "Write `%%` for a percent sign, and take control characters out.";
    "malformed-host"
        what "A host is not a name in DNS's syntax."
        why "istiod refuses the object."
        help "Use labels of letters, digits and `-`, separated by dots; `*` stands only for the first label.";
    "malformed-locality"
        what "A locality is not `region`, `region/zone` or `region/zone/subzone`."
        why "istiod refuses the object."
        help "Write it so; `*` stands only at the end.";
    "malformed-name"
        what "The name of a Gateway is no DNS label."
        why "It is a part of other names, so istiod refuses the object."
        help "Use up to 63 lower-case letters, digits and `-`.";
    "malformed-namespace"
        what "A text cannot be the name of a namespace."
        why "istiod refuses the object, or it takes nothing."
        help "Use lower-case letters, digits and `-`.";
    "malformed-port-name"
        what "The name of a port is no DNS label."
        why "istiod refuses the object."
        help "Use lower-case letters, digits and `-`.";
    "malformed-regex"
        what "A text is not a regular expression of RE2."
        why "Envoy refuses the whole route configuration or listener with it."
        help "Correct it: RE2 has no back references and no looking ahead or behind.";
    "malformed-subset"
        what "The name of a subset is no DNS label."
        why "It is a part of the cluster's name, so istiod refuses the object."
        help "Use lower-case letters, digits and `-`.";
    "missing-address"
        what "An endpoint, a WorkloadEntry or a resolution needs an address and has none."
        why "istiod refuses the object: there is nothing to connect to."
        help "Add `address`, or another resolution.";
    "missing-ca-certificates"
        what "Mutual TLS of a server without certificates to check clients against."
        why "istiod refuses the object."
        help "Add `caCertificates`, or a `credentialName` with `ca.crt`.";
    "missing-certificate"
        what "TLS without the certificate that its mode needs."
        why "istiod refuses the object."
        help "Add the certificate's file, or a `credentialName`.";
    "missing-command"
        what "A probe by `exec` without `command`."
        why "There is nothing to run; istiod refuses the object."
        help "Add `command`.";
    "missing-destination"
        what "A route has an entry without `destination`."
        why "istiod refuses the object."
        help "Add `destination.host`.";
    "missing-duration"
        what "A setting needs a duration that is not there."
        why "istiod refuses the object."
        help "Add the field that the message names.";
    "missing-host"
        what "A DestinationRule, a destination or a tunnel without `host`."
        why "istiod refuses the object."
        help "Add the host of a service.";
    "missing-hosts"
        what "A list of hosts is empty where one is needed."
        why "istiod refuses the object: it would take nothing."
        help "Add `hosts`.";
    "missing-listeners"
        what "A Sidecar without `egress`, `ingress` and `outboundTrafficPolicy`."
        why "It sets nothing; istiod refuses the object."
        help "Add one of them.";
    "missing-match"
        what "A route of TLS without `match`."
        why "TLS is routed by `sniHosts` of a match; istiod refuses the object."
        help "Add `match` with `sniHosts`.";
    "missing-port"
        what "A port without number, or where one is needed none."
        why "istiod refuses the object."
        help "Add a number from 1 to 65535.";
    "missing-port-name"
        what "A port that needs a name has none."
        why "istiod refuses the object: routes and statistics name it."
        help "Add `name`.";
    "missing-private-key"
        what "TLS with a certificate and without its key."
        why "istiod refuses the object."
        help "Add the key's file, or a `credentialName`.";
    "missing-probe"
        what "A `probe` of a WorkloadGroup without a method."
        why "There is nothing to probe by; istiod refuses the object."
        help "Add `httpGet`, `tcpSocket`, `exec` or `grpc`.";
    "missing-protocol"
        what "A port of a Gateway without `protocol`."
        why "istiod refuses the object."
        help "Write HTTP, HTTPS, HTTP2, GRPC, TLS or TCP.";
    "missing-route"
        what "A route without `route`, `redirect`, `directResponse` or `delegate`."
        why "It does nothing; istiod refuses the object."
        help "Say where requests go.";
    "missing-routes"
        what "A VirtualService without `http`, `tls` and `tcp`."
        why "It routes nothing; istiod refuses the object."
        help "Add routes.";
    "missing-servers"
        what "A Gateway without `servers`."
        why "It opens nothing; istiod refuses the object."
        help "Add a server.";
    "missing-sni-hosts"
        what "A match of TLS without `sniHosts`."
        why "istiod refuses the object."
        help "Add `sniHosts`.";
    "missing-table-size"
        what "`maglev` without `tableSize`."
        why "istiod refuses the object."
        help "Add a prime below 5000011, such as 65537.";
    "missing-template"
        what "A WorkloadGroup without `template`."
        why "istiod refuses the object."
        help "Add `template`.";
    "missing-tls"
        what "A server with a protocol of TLS and without `tls`."
        why "There is no certificate to serve; istiod refuses the object."
        help "Add `tls` with a mode, or use HTTP or TCP.";
    "negative-attempts"
        what "Fewer attempts than none."
        why "istiod refuses the object."
        help "Write 0 for no retries.";
    "negative-limit"
        what "A limit is below 0 or not above it as it must be."
        why "istiod refuses the object."
        help "Write a positive number, or leave the field out.";
    "negative-weight"
        what "A weight is below 0."
        why "istiod refuses the object."
        help "Write 0 or more.";
    "nested-delegate"
        what "A delegate delegates."
        why "Istio follows one step only; istiod refuses the object."
        help "Delegate from the VirtualService with hosts.";
    "network-without-address"
        what "A WorkloadEntry has a `network` and no `address`."
        why "It is reached through the gateway of that network only, which must exist."
        help "Make sure of the gateway, or add the address.";
    "old-gateway-name"
        what "An entry of `gateways` is `name.namespace`, the old way to name one."
        why "Istio reads it as a host name in some places."
        help "Write `namespace/name`.";
    "old-tls-without-ciphers"
        what "A version of TLS below 1.2 without cipher suites for it."
        why "Envoy's own list has none for these versions, so no client of them can connect."
        help "List `cipherSuites` that these versions have, or raise the version.";
    "overlapping-localities"
        what "Two localities of one list overlap."
        why "istiod refuses the object: it is not clear which counts."
        help "Make each locality apart from the others.";
    "partial-wildcard"
        what "A `*` stands for a part of a label, as in `*-a.example.com`."
        why "Envoy's wildcards stand for whole labels at the start; the host takes nothing or is refused."
        help "Write `*.example.com`, or each host.";
    "percentage-out-of-range"
        what "A percentage is below 0 or above 100."
        why "istiod refuses the object."
        help "Write a number from 0 to 100.";
    "port-of-socket"
        what "A Unix socket has a port."
        why "Sockets have none; istiod refuses the object."
        help "Write 0, or leave the port out.";
    "prefix-rewrite-without-prefix"
        what "A redirect with `prefixRewrite`, and a match of the route is not by prefix."
        why "There is no matched prefix to replace; istiod refuses the object."
        help "Match by `prefix`, or use `uri`.";
    "protected-header"
        what "A header that Envoy does not let be changed: one that starts with `:`, or `Host`."
        why "Envoy refuses the route; istiod refuses the object."
        help "Use `rewrite.authority` or `rewrite.uri`.";
    "protocol-with-dynamic-dns"
        what "A ServiceEntry with resolution DYNAMIC_DNS has a port of another protocol than HTTP or TLS."
        why "Only these say which host is meant; istiod refuses the object."
        help "Use HTTP, HTTP2, GRPC or TLS.";
    "range-with-dns"
        what "A ServiceEntry has a range of addresses and a resolution by DNS."
        why "Ranges go with NONE or STATIC only; istiod refuses the object."
        help "Name addresses, or use NONE.";
    "redirect-code-not-supported"
        what "A redirect with a code from 300 to 399 that Envoy has not."
        why "Envoy answers with 301 instead."
        help "Use 301, 302, 303, 307 or 308.";
    "redirect-code-out-of-range"
        what "A redirect with a code that is none of a redirect."
        why "istiod refuses the object."
        help "Use 301, 302, 303, 307 or 308.";
    "redirect-without-http"
        what "`httpsRedirect` on a server that is not of HTTP."
        why "Nothing is redirected there."
        help "Set it on the server of plain HTTP.";
    "redundant-egress-hosts"
        what "A Sidecar imports `*/*` and more."
        why "The other entries have no effect."
        help "Remove `*/*`, or the others.";
    "retries-without-attempts"
        what "Retries with `attempts: 0` and other settings."
        why "Retries are off, so the settings have no effect; istiod refuses the object."
        help "Set `attempts`, or remove the other settings.";
    "selector-not-used"
        what "A ServiceEntry selects workloads and has resolution NONE."
        why "Traffic goes to the address that the client asks for: the workloads are not used."
        help "Set `resolution: STATIC` or `DNS`.";
    "settings-without-port"
        what "An entry of `portLevelSettings` whose `port` has no number."
        why "Istio takes it, and it holds for no port."
        help "Write the number of the service's port.";
    "shares-not-100"
        what "Shares of localities do not sum up to 100."
        why "istiod refuses the object."
        help "Make the sum 100.";
    "short-host"
        what "A host of a Gateway has no dot."
        why "Gateways take full names only; istiod refuses the object."
        help "Write the whole host name.";
    "size-out-of-range"
        what "A size is outside of what the field takes."
        why "istiod refuses the object."
        help "Write a size in the range that the message names.";
    "sni-outside-hosts"
        what "An entry of `sniHosts` is not one of the VirtualService's hosts, nor below one."
        why "istiod refuses the object."
        help "Add the host to `hosts`, or correct the entry.";
    "status-out-of-range"
        what "A status that is none of HTTP, or not one that the field takes."
        why "istiod refuses the object."
        help "Write a status from 200 to 599.";
    "table-size-out-of-range"
        what "The size of a maglev table is no prime below 5000011."
        why "istiod refuses the object."
        help "Write a prime such as 65537.";
    "target-port-in-gateway"
        what "A port of a Gateway has a `targetPort`."
        why "It has no effect: the Service of the gateway's pods translates ports."
        help "Remove it.";
    "target-port-in-sidecar"
        what "A port of a Sidecar has a `targetPort`."
        why "It has no effect."
        help "Use `defaultEndpoint`.";
    "tcp-without-address"
        what "A ServiceEntry has a TCP port and no address."
        why "TCP is told apart by address: all traffic on that port goes there."
        help "Add `addresses`, or use a protocol that names the host.";
    "tls-field-ignored"
        what "A field of `tls` beside a mode that passes TLS through."
        why "Without terminating TLS it has no effect."
        help "Set `mode` to SIMPLE or MUTUAL, or remove it.";
    "tls-field-not-used"
        what "A field of `tls` that the mode or the kind does not take."
        why "istiod refuses the object."
        help "Remove it, or change the mode.";
    "tls-mode-in-sidecar"
        what "A port of a Sidecar with a mode of TLS that Sidecars have not."
        why "istiod refuses the object."
        help "Use PASSTHROUGH, SIMPLE, MUTUAL or OPTIONAL_MUTUAL.";
    "tls-on-plain-port"
        what "`tls` on a port whose protocol is not one of TLS."
        why "It has no effect; istiod refuses the object."
        help "Use HTTPS or TLS, or remove `tls`.";
    "tls-versions-reversed"
        what "The lowest version of TLS is above the highest."
        why "No client could connect; istiod refuses the object."
        help "Swap them.";
    "too-many-certificates"
        what "More certificates than a server may have."
        why "istiod refuses the object."
        help "Keep one of each type of key.";
    "too-many-endpoints"
        what "More endpoints than the resolution takes."
        why "istiod refuses the object."
        help "Use `resolution: DNS`, or keep one.";
    "topology-in-priority"
        what "A label of `failoverPriority` that Envoy takes into account by itself, or that does not go together with the rest."
        why "istiod refuses the object."
        help "Remove the label.";
    "unknown-cipher-suite"
        what "A cipher suite that Envoy does not know."
        why "It is ignored."
        help "Correct its name: they are those of OpenSSL, such as `ECDHE-RSA-AES128-GCM-SHA256`.";
    "unknown-grpc-status"
        what "A status that gRPC does not have."
        why "istiod refuses the object."
        help "Use a name such as `UNAVAILABLE`.";
    "unknown-method"
        what "A method that HTTP does not have."
        why "The match takes nothing, or istiod refuses the object."
        help "Write it in upper case.";
    "unknown-port-name"
        what "A name that is none of the object's ports, or cannot be one."
        why "istiod refuses the object."
        help "Use a name of a port of the same object.";
    "unknown-protocol"
        what "A protocol that Istio does not know, or that does not fit."
        why "istiod refuses the object."
        help "Use one that the message names.";
    "unknown-retry-condition"
        what "A word of `retryOn` that Envoy does not know."
        why "Envoy ignores it: nothing is retried for it."
        help "Use a word that the message names, or a status.";
    "unknown-scheme"
        what "A scheme that cannot be used there."
        why "istiod refuses the object."
        help "Use one that the message names.";
    "wildcard-host-in-mesh"
        what "A VirtualService for the mesh with the host `*`."
        why "Sidecars cannot route every host; istiod refuses the object."
        help "Name hosts, or set `gateways` without `mesh`.";
    "wildcard-with-dns"
        what "A ServiceEntry has a wildcard and a resolution by DNS."
        why "A wildcard cannot be resolved; istiod refuses the object."
        help "Name `endpoints`, use concrete hosts, or `resolution: DYNAMIC_DNS`.";
    "zero-weights"
        what "All destinations of a route have weight 0."
        why "None gets traffic; istiod refuses the object."
        help "Give each destination a `weight`.";
}
