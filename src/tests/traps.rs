//! What becomes of each trap of the catalogue of faults that neither `istioctl` nor Kiali report (List D of the research
//! behind the linter, by its numbers): the rule or the code that names it, or why nothing does.
#![expect(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/files.rs"]
mod files;

use files::{below, root, text};

/// What becomes of a trap.
enum Answer {
    /// These rules report it.
    Rules(&'static [&'static str]),
    /// A stage before the rules reports it, by these codes.
    Stage(&'static [&'static str]),
    /// It shows in the compiled configuration, and is checked there.
    Compiled,
    /// The compiler itself does not make it.
    Emitter,
    /// Nothing reports it, for this reason.
    Not(&'static str),
}

use Answer::{Compiled, Emitter, Not, Rules, Stage};

/// Number, trap, answer.
const TRAPS: &[(u32, &str, Answer)] = &[
    (1, "order of routes across VirtualServices", Rules(&["route-of-older-virtual-service"])),
    (2, "a route covered by one of other form", Rules(&["covered-route-match"])),
    (3, "rules after one that takes everything", Rules(&["covered-route-match", "unreachable-route-rule"])),
    (4, "gateways and labels of matches count", Rules(&["covered-route-match"])),
    (5, "a prefix takes siblings", Rules(&["prefix-takes-sibling"])),
    (6, "slashes of prefix and rewrite", Rules(&["rewrite-slash-mismatch"])),
    (7, "rewrite of a regex match", Rules(&["rewrite-of-regex-match"])),
    (8, "a redirect to itself", Rules(&["redirect-to-itself"])),
    (9, "regex as a search", Rules(&["regex-written-as-search"])),
    (10, "dialect of RE2", Stage(&["malformed-regex"])),
    (11, "size of regex programs", Emitter),
    (12, "ignoreUriCase of a regex", Rules(&["case-ignored-in-regex"])),
    (13, "header keys that are fields", Rules(&["header-stands-for-field"])),
    (14, "match.gateways not bound", Rules(&["match-gateway-not-bound"])),
    (15, "sourceLabels with gateways", Rules(&["client-condition-on-gateway"])),
    (16, "match.port not served", Rules(&["match-port-not-served"])),
    (17, "short host on a gateway", Rules(&["short-host-on-gateway"])),
    (18, "two-part host", Rules(&["two-part-host"])),
    (19, "specific host hides the wildcard", Rules(&["wildcard-routes-hidden"])),
    (20, "one host twice in the mesh", Rules(&["mesh-hosts-claimed-twice"])),
    (21, "weights are shares", Rules(&["weights-not-hundred"])),
    (22, "missing weight is 0", Rules(&["destination-without-weight"])),
    (23, "weights above uint32", Rules(&["weights-too-large"])),
    (24, "redirect codes", Stage(&["redirect-code-not-supported"])),
    (25, "status 600", Rules(&["status-beyond-range"])),
    (26, "variables in headers", Rules(&["unknown-header-variable"])),
    (27, "header names are tokens", Rules(&["header-name-not-token"])),
    (28, "fault disables retries", Rules(&["fault-disables-retries"])),
    (29, "timeout and perTryTimeout", Rules(&["try-outlasts-timeout"])),
    (30, "backoff without attempts", Rules(&["retries-off-with-backoff"])),
    (31, "CORS for strangers", Rules(&["cors-lets-in-others"])),
    (32, "destination without port", Rules(&["port-of-destination-missing"])),
    (33, "subset of a rule that is not seen", Rules(&["subset-not-seen"])),
    (34, "groups of regex rewrites", Rules(&["rewrite-group-missing"])),
    (35, "delegate missing or not exported", Stage(&["unknown-delegate", "delegate-not-exported"])),
    (36, "delegate with hosts", Stage(&["unknown-delegate"])),
    (37, "delegate's match conflicts", Stage(&["delegate-conflict"])),
    (38, "delegate replaces settings", Rules(&["delegate-replaces-settings"])),
    (39, "delegate without root", Rules(&["delegate-without-root"])),
    (40, "one SNI, two spellings", Rules(&["duplicate-server-name"])),
    (41, "one SNI, two cases", Rules(&["duplicate-server-name"])),
    (42, "partial wildcard in sniHosts", Rules(&["partial-wildcard-server-name"])),
    (43, "SNI of a terminating server in a tls route", Rules(&["server-name-taken"])),
    (44, "TLS host of a later server", Rules(&["duplicate-server-name", "gateway-host-conflict"])),
    (45, "SNI taken by another tls route", Rules(&["server-name-taken"])),
    (46, "protocols mixed on a port", Rules(&["server-lost-on-port"])),
    (47, "route kind against TLS mode", Rules(&["route-kind-not-served"])),
    (48, "protocol TLS with mode SIMPLE", Rules(&["route-kind-not-served"])),
    (49, "one TCP route a server", Rules(&["tcp-route-never-first", "client-condition-on-gateway"])),
    (50, "SNI outside the server", Rules(&["server-name-outside-gateway"])),
    (51, "some hosts not bound", Stage(&["host-not-in-gateway"])),
    (52, "namespace not admitted", Stage(&["host-not-in-gateway", "not-exported-to-gateway"])),
    (53, "one certificate, several servers", Rules(&["gateways-share-certificate"])),
    (54, "clients without SNI", Not("it is so of every TLS server with hosts, and clients are not in the files")),
    (55, "privileged port of no Service", Rules(&["gateway-port-not-in-service"])),
    (56, "ports of Istio itself", Rules(&["reserved-gateway-port"])),
    (57, "httpsRedirect without HTTPS", Rules(&["redirect-without-https"])),
    (58, "Secret in another namespace", Rules(&["unknown-credential"])),
    (59, "certificates that do not fit", Rules(&["unusable-credential"])),
    (60, "TLS versions reversed", Stage(&["tls-versions-reversed"])),
    (61, "hashes and ciphers", Rules(&["malformed-certificate-hash"])),
    (62, "Gateway without selector", Rules(&["gateway-without-selector"])),
    (63, "UDP", Rules(&["udp-server"])),
    (64, "server without routes", Rules(&["server-without-routes"])),
    (65, "rule in a namespace that is not looked up", Rules(&["destination-rule-of-other-namespace"])),
    (66, "rule replaces a wider one", Rules(&["destination-rule-hides-another"])),
    (67, "rules of one host are merged", Rules(&["destination-rule-merged-away"])),
    (68, "policy of a subset without routes", Rules(&["policy-of-unused-subset"])),
    (69, "settings of a port replace", Rules(&["port-settings-replace"])),
    (70, "TLS lost for a port", Rules(&["port-settings-replace"])),
    (71, "plain text to STRICT", Rules(&["plain-text-to-strict-service"])),
    (72, "ISTIO_MUTUAL outside the mesh", Rules(&["mutual-tls-outside-mesh"])),
    (73, "TLS within TLS", Rules(&["tls-within-tls"])),
    (74, "HTTP on port 443", Rules(&["port-number-against-protocol"])),
    (75, "failover needs outlierDetection", Stage(&["failover-without-outlier-detection"])),
    (76, "outlierDetection turns failover on", Not("it is what the setting is for, so it would be said of each")),
    (77, "hash ring too large", Rules(&["ring-too-large"])),
    (78, "HTTP settings of a TCP host", Rules(&["http-settings-of-tcp-host"])),
    (79, "order of adding subsets", Not("it is about two states of the files; `meshc diff` compares them")),
    (80, "small limits", Not("no number is too small for certain")),
    (81, "TCP entry without address", Rules(&["service-entry-without-address"])),
    (82, "two entries on one TCP port", Rules(&["entries-share-address", "service-entry-without-address"])),
    (83, "HTTP and TCP on one port", Compiled),
    (84, "overlapping addresses", Rules(&["entries-share-address"])),
    (85, "STATIC without endpoints", Rules(&["static-entry-without-endpoints"])),
    (86, "entry selects nothing", Rules(&["entry-without-workload"])),
    (87, "wildcard host with DNS", Not("with endpoints it works as its author wrote it")),
    (88, "entry against a Service", Rules(&["entry-against-service"])),
    (89, "resolution NONE with load balancing", Rules(&["settings-of-passthrough-host"])),
    (90, "443 and 80 against the protocol", Rules(&["port-number-against-protocol"])),
    (91, "location against sidecars", Not("whether endpoints have a sidecar is not in the files")),
    (92, "server-first protocols", Not("Istio takes the well-known ports for TCP by itself")),
    (93, "name against appProtocol", Rules(&["port-name-against-app-protocol"])),
    (94, "headless with STRICT", Not("calls by pod address are not in the files")),
    (95, "Sidecar leaves out a destination", Not("Istio adds the destinations of VirtualServices that a Sidecar has")),
    (96, "Sidecars replace one another", Not("it is what they are for, so it would be said of each")),
    (97, "exportTo hides", Rules(&["unreachable-destination", "subset-not-seen"])),
    (98, "wildcard inside a value", Rules(&["wildcard-inside-value"])),
    (99, "path template without slash", Rules(&["path-template-without-slash"])),
    (100, "principal with spiffe://", Rules(&["principal-with-scheme"])),
    (101, "host without port", Rules(&["denied-host-without-port"])),
    (102, "from and to apart", Rules(&["from-and-to-apart"])),
    (103, "rules: [{}] and no rules", Not("both are how Istio's documentation allows all and denies all")),
    (104, "HTTP attributes on TCP ports", Rules(&["allow-by-http-of-tcp-workload"])),
    (105, "negative matches", Not("whether a path can be written otherwise depends on the application")),
    (106, "unknown CUSTOM provider", Rules(&["unknown-extension-provider"])),
    (107, "selector in the root namespace", Rules(&["selector-in-root-namespace"])),
    (108, "port of the Service in portLevelMtls", Rules(&["port-mtls-of-service-port"])),
    (109, "token not required", Rules(&["token-not-required"])),
    (110, "keys: []", Rules(&["keys-without-key"])),
    (111, "ipBlocks behind a proxy", Not("what is before the gateway is not in the files")),
    (112, "policy away from the gateway", Rules(&["policy-without-workload"])),
    (113, "ALLOW turns on denying", Not("it is what the action is for, so it would be said of each")),
    (114, "patch that matches nothing", Compiled),
    (115, "order of relative patches", Rules(&["envoy-filter-relative-operation"])),
    (116, "unknown provider of Telemetry", Rules(&["unknown-extension-provider", "access-log-without-provider"])),
    (117, "host of a provider", Not("providers name hosts in a form of each kind; generate reports what it needs")),
    (118, "duplicate domains", Emitter),
    (119, "SNI `*`", Emitter),
    (120, "equal filter chains", Emitter),
    (121, "large bodies", Emitter),
    (122, "endpoints of clusters", Emitter),
    (123, "duplicate names and addresses", Emitter),
    (124, "empty matches", Stage(&["empty-match"])),
    (125, "long durations", Emitter),
    (126, "TLS without files", Emitter),
    (127, "header host", Emitter),
    (128, "version of Envoy", Emitter),
    (129, "kind: List", Emitter),
    (130, "one object twice", Stage(&["duplicate-object"])),
    (131, "snake_case fields", Stage(&["unknown-field"])),
    (132, "enum as a number", Stage(&["wrong-type"])),
    (133, "null and {}", Rules(&["tls-without-mode"])),
    (134, "Gateway of the other group", Stage(&["unknown-field"])),
    (135, "namespace missing", Rules(&["namespace-in-some-objects"])),
    (136, "unquoted scalars", Stage(&["wrong-type"])),
];

#[test]
fn every_trap_has_an_answer_that_exists() {
    let numbers: Vec<u32> = TRAPS.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=136).collect::<Vec<u32>>());
    let sources = ["yaml", "resource", "mesh"].map(|stage| below(&root().join("src").join(stage), ".rs"));
    let stages: Vec<String> = sources.iter().flatten().map(|path| text(path)).collect();
    for (number, trap, answer) in TRAPS {
        match answer {
            Rules(names) => {
                assert!(!names.is_empty(), "{number}");
                for name in *names {
                    assert!(meshc::lint::rule(name).is_some(), "trap {number} ({trap}): no rule `{name}`");
                }
            }
            Stage(codes) => {
                for code in *codes {
                    assert!(meshc::lint::rule(code).is_none(), "trap {number} ({trap}): `{code}` is a rule");
                    let written = stages.iter().any(|source| source.contains(&format!("\"{code}\"")));
                    assert!(written, "trap {number} ({trap}): no stage reports `{code}`");
                }
            }
            Not(why) => assert!(!why.is_empty(), "{number}"),
            Compiled | Emitter => {}
        }
    }
}
