//! What is found when objects are linked to each other.

super::declare_faults! {
    "delegate-conflict"
        what "No request matches both a route of a delegate and the route that delegates to it."
        why "Istio merges both conditions and leaves such routes out without a word."
        help "Let the delegate's match be a part of the one that delegates: a longer prefix, the same headers.";
    "delegate-not-exported"
        what "A VirtualService delegates to one that is not exported to its namespace."
        why "Istio does not see the delegate, so the route has no destination and is left out."
        help "Add the namespace to `exportTo` of the delegate.";
    "host-not-in-gateway"
        what "A host of a VirtualService is not among the hosts of a Gateway that it names."
        why "The gateway answers requests for that host with 404, or closes the connection."
        help "Add the host to a server of the Gateway, or remove it from the VirtualService.";
    "ignored-default-backend"
        what "An Ingress has a `defaultBackend`, which Istio does not read."
        why "Requests that no rule takes are answered with 404."
        help "Write a rule with the path `/`.";
    "ignored-ingress"
        what "An Ingress is of a class that Istio does not serve, or the mesh serves none."
        why "It has no effect on Istio's gateways."
        help "Set `ingressClassName`, or nothing where another controller serves it.";
    "ingress-controller-off"
        what "An Ingress is served by its class although the mesh's `ingressControllerMode` is `OFF`."
        why "An istiod that is installed so serves no Ingress at all."
        help "Change the mode, or leave the Ingresses out of the input.";
    "literal-path"
        what "A path of an Ingress has characters of a pattern, and is taken as it is written."
        why "Istio reads paths of type `Exact` and `Prefix` only; `*` inside of one matches itself."
        help "Write a VirtualService with a `regex` for patterns.";
    "not-exported-to-gateway"
        what "A VirtualService names a Gateway whose proxies run in a namespace that it is not exported to."
        why "The gateway does not see its routes."
        help "Add that namespace to `exportTo`.";
    "path-without-service"
        what "A path of an Ingress without a Service as backend."
        why "Istio knows no other backends; the path is left out."
        help "Set `backend.service`.";
    "rule-without-paths"
        what "A rule of an Ingress has no paths."
        why "It routes nothing."
        help "Add a path, or remove the rule.";
    "tls-without-secret"
        what "`tls` of an Ingress without a `secretName`."
        why "Istio leaves it out: port 443 does not serve the hosts."
        help "Name a Secret of type `kubernetes.io/tls`.";
    "undiscovered-namespace"
        what "A namespace that no entry of `discoverySelectors` of the mesh configuration selects."
        why "Istio does not look at it: nothing of what is in it has an effect."
        help "Give the namespace a label that a selector asks for, or leave out the selectors.";
    "unknown-delegate"
        what "A VirtualService delegates to one that is not in the input, or that has `hosts`."
        why "The route has no destination and is left out."
        help "Add the delegate, a VirtualService without `hosts`.";
    "unknown-destination-host"
        what "A route goes to a host that no service of the input has."
        why "Envoy has no cluster for it and answers with 503."
        help "Correct the host: a short name is completed with the namespace of the VirtualService, not of the service.";
    "unknown-destination-port"
        what "A route goes to a port that the service does not have."
        why "Envoy has no cluster for it and answers with 503."
        help "Name a port of the Service, not the `targetPort`.";
    "unknown-gateway"
        what "A VirtualService names a Gateway that is not in the input."
        why "Its routes are bound to nothing."
        help "Write `namespace/name` where the Gateway is in another namespace.";
    "unknown-port"
        what "A backend of an Ingress names a port that the Service does not have."
        why "The path is left out, and requests are answered with 404."
        help "Name a port of the Service.";
    "unknown-service"
        what "A backend of an Ingress gives the name of a port, and the Service is not in the input."
        why "The number of the port is not known, so the path is left out."
        help "Add the Service to the input, or give the port by its number.";
    "unknown-subset"
        what "A route goes to a subset that no DestinationRule defines."
        why "Envoy has no cluster for it and answers with 503."
        help "Define the subset, in a DestinationRule for the same host that the client sees.";
    "unread-endpoints"
        what "Endpoints, which Istio reads no more."
        why "The Service has no endpoints from them."
        help "Write an EndpointSlice with the label `kubernetes.io/service-name`.";
}
