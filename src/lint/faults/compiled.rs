//! What is found when a proxy is compiled, and when its bootstrap is made.

super::declare_faults! {
    "awaited-file"
        what "A bootstrap names files of credentials that are not in the input."
        why "Envoy does not start without them."
        help "Put them there, or add the Secrets to the input.";
    "cluster-without-endpoints"
        what "A service that is resolved by DNS has nothing to resolve."
        why "The cluster is left out, and requests to it are answered with 503."
        help "Add `endpoints`, or let the host be a name that resolves.";
    "credential-in-other-namespace"
        what "A server names a Secret of another namespace than the gateway's pods."
        why "istiod hands a Secret out to proxies of its own namespace only, so the port serves no TLS."
        help "Put the Secret into the namespace of the gateway's pods, or allow it with a ReferenceGrant where the Gateway API is used.";
    "duplicate-filter-chain"
        what "A listener has two filter chains for the same connections."
        why "Envoy refuses a listener with two equal matches as a whole."
        help "Give the servers different hosts or ports.";
    "duplicate-sni-host"
        what "Two routes of TLS on one port are for one server name."
        why "Envoy needs one filter chain for a name: the later route is left out."
        help "Keep one of them, or merge their destinations.";
    "duplicate-tls-host"
        what "Two servers with TLS on one port are for one host."
        why "Envoy tells them apart by host alone: the later one is left out."
        help "Give each host to one server.";
    "ignored-field"
        what "A field of `tls` of a Gateway's server has no effect beside its other fields."
        why "What it asks for does not happen."
        help "Remove it, or change the mode as the message says.";
    "invalid-credential"
        what "`credentialName` names no Secret and no ConfigMap."
        why "Envoy asks for a certificate that nobody can have, and does not serve the port."
        help "Write the name of a Secret, or `namespace/name` where that is meant.";
    "invalid-log-format"
        what "`accessLogFormat` of the mesh's configuration is no JSON object, and the encoding is JSON."
        why "Istio uses its own format instead."
        help "Write an object of JSON, or set the encoding to TEXT.";
    "invalid-metadata"
        what "`PROXY_CONFIG` of a node's metadata cannot be read."
        why "The mesh's `defaultConfig` is used instead."
        help "Correct the metadata.";
    "listeners-meet"
        what "Two listeners would have one address once they are moved to the given one."
        why "Envoy opens one of them only."
        help "Bind another address, or none.";
    "missing-credential"
        what "A Secret that a server or a DestinationRule names is not in the input."
        why "Envoy does not serve the port without its certificate."
        help "Add the Secret to the input, in the namespace of the gateway's pods.";
    "needs-identity"
        what "Destinations or listeners use mesh mTLS, and the bootstrap has no certificate of the workload."
        why "Connections are made in plain text, or refused."
        help "Give certificates with `--identity files=DIR`, or an agent's socket with `--identity sds=SOCKET`.";
    "no-weighted-destination"
        what "No destination of a route has a weight above 0."
        why "The route sends nothing anywhere."
        help "Give one of them a `weight` above 0.";
    "plaintext-mutual-tls"
        what "A DestinationRule has the mode MUTUAL without a client certificate."
        why "istiod leaves the TLS settings out, so traffic is sent in plain text."
        help "Name both the certificate and its key, or a `credentialName`.";
    "port-not-opened"
        what "A sidecar without redirected traffic has two services on one port."
        why "One listener has the port; the other services are not reached by it."
        help "Reach these services by another port, or bind one with an egress listener of a Sidecar.";
    "port-out-of-range"
        what "The port of a listener and the given offset together are above 65535."
        why "There is no such port."
        help "Choose a smaller offset.";
    "privileged-port"
        what "A gateway would listen on a port below 1024, and its pod is not privileged."
        why "The operating system refuses it: istiod leaves the listener out."
        help "Let a Service translate the port to one of 1024 or above.";
    "refused-by-envoy"
        what "The Envoy of `lint --envoy` refuses the configuration of a proxy."
        why "A running proxy keeps its old configuration, or does not start."
        help "Correct the object that the message names.";
    "reserved-port"
        what "A service has a target port that the sidecar itself listens on (15001, 15006, 15090, …)."
        why "istiod leaves the inbound listener out, so requests do not reach the application as they should."
        help "Let the application listen on another port.";
    "server-conflict"
        what "Servers of Gateways have one port and different protocols."
        why "A listener speaks one protocol: the later server is left out."
        help "Give them different ports, or bind different addresses.";
    "traffic-capture"
        what "An annotation changes which traffic is redirected to the sidecar."
        why "It changes rules of iptables, nothing in Envoy: what it leaves out does not reach the sidecar."
        help "Bear it in mind when requests are tried.";
    "unknown-provider"
        what "`defaultProviders` of the mesh names an extension provider that is not defined."
        why "Nothing is logged by it."
        help "Add it to `extensionProviders`, or correct the name.";
    "unknown-provider-service"
        what "A credential is served by an extension provider whose service is not in the input, or is ambiguous."
        why "Envoy cannot ask for the certificate."
        help "Add the service, or name it as `namespace/hostname`.";
    "unreadable-certificate"
        what "A Secret holds no readable certificate."
        why "Envoy refuses it, and does not serve the port."
        help "Put PEM into `tls.crt`.";
    "unrouted-server"
        what "No TCP or TLS route is bound to a server of a Gateway."
        why "The gateway does not open the port for it."
        help "Write a VirtualService with `tcp` or `tls` routes for this Gateway and port.";
    "unsupported-field"
        what "A field that Istio does not implement, or that meshc does not translate."
        why "What it asks for does not happen, or is not in the output."
        help "Remove it where Istio does not implement it; else bear it in mind.";
    "untranslated-policy"
        what "A policy or extension that applies to the proxy is not translated."
        why "Without it the proxy may be open to more than the mesh allows."
        help "Use `--allow-unsupported` only to look at the output.";
}
