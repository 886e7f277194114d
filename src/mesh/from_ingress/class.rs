//! Which Ingresses are Istio's.

use crate::base::{Diagnostic, Diagnostics, Location};
use crate::resource::istio::MeshConfig;
use crate::resource::istio::mesh_config::IngressControllerMode as Mode;
use crate::resource::kubernetes::Ingress;
use crate::resource::{Object, Resources};

/// Names the class of an Ingress; wins over `ingressClassName`.
const ANNOTATION: &str = "kubernetes.io/ingress.class";

/// The controller of IngressClasses that Istio serves.
const CONTROLLER: &str = "istio.io/ingress-controller";

/// The Ingresses that Istio serves. Each other one is reported with the reason.
pub(super) fn served<'r>(
    resources: &'r Resources,
    config: &MeshConfig,
    diagnostics: &mut Diagnostics,
) -> Vec<&'r Object<Ingress>> {
    let mut served = Vec::new();
    for ingress in &resources.ingresses {
        match class(ingress, resources) {
            Class::Annotation(class) if is_on(config) && class == config.ingress_class => served.push(ingress),
            Class::Controller(controller) if controller == CONTROLLER => {
                if config.ingress_controller_mode == Mode::Off {
                    diagnostics.push(served_though_off(ingress));
                }
                served.push(ingress);
            }
            Class::Missing(_) | Class::None if config.ingress_controller_mode == Mode::Default => served.push(ingress),
            class => diagnostics.push(not_served(ingress, &class, config)),
        }
    }
    served
}

/// What an Ingress says of its class.
#[derive(Clone, Copy)]
enum Class<'r> {
    /// The annotation has this.
    Annotation(&'r str),
    /// It names an IngressClass with this controller.
    Controller(&'r str),
    /// It names an IngressClass that is not in the input.
    Missing(&'r str),
    /// Nothing.
    None,
}

fn class<'r>(ingress: &'r Object<Ingress>, resources: &'r Resources) -> Class<'r> {
    if let Some(class) = ingress.meta.annotations.get(ANNOTATION) {
        return Class::Annotation(class);
    }
    let Some(name) = &ingress.spec.ingress_class_name else { return Class::None };
    match resources.ingress_classes.iter().find(|class| class.name() == name) {
        Some(class) => Class::Controller(&class.spec.controller),
        None => Class::Missing(name),
    }
}

/// Whether Ingresses are taken by their annotation.
fn is_on(config: &MeshConfig) -> bool {
    match config.ingress_controller_mode {
        Mode::Default | Mode::Strict => true,
        Mode::Off | Mode::Unspecified => false,
    }
}

fn not_served(ingress: &Object<Ingress>, class: &Class<'_>, config: &MeshConfig) -> Diagnostic {
    let name = format!("Ingress `{}/{}` is not served", ingress.namespace(), ingress.name());
    let annotation = Location::Value(ingress.origin().key("metadata").key("annotations").key(ANNOTATION));
    let class_name = Location::Value(ingress.spec_origin().key("ingressClassName"));
    let own = &config.ingress_class;
    let help = format!("set the annotation `{ANNOTATION}: {own}`, or `ingressClassName` with its IngressClass");
    match *class {
        Class::Annotation(_) if !is_on(config) => {
            let message = format!("{name}: the mesh's `ingressControllerMode` is `OFF`");
            Diagnostic::note("ignored-ingress", annotation, message)
        }
        Class::Annotation(class) => {
            let message = format!("{name}: its class is `{class}`, the mesh's is `{own}`");
            Diagnostic::note("ignored-ingress", annotation, message)
        }
        Class::Controller(controller) => {
            let message = format!("{name}: the controller of its class is `{controller}`, not `{CONTROLLER}`");
            Diagnostic::note("ignored-ingress", class_name, message)
        }
        Class::Missing(class) => {
            let message = format!("{name}: its IngressClass `{class}` is not in the input");
            Diagnostic::warning("ignored-ingress", class_name, message)
                .help(format!("add the IngressClass `{class}` with `controller: {CONTROLLER}` if it is Istio's"))
        }
        Class::None => {
            let message = format!("{name}: it has no class");
            Diagnostic::warning("ignored-ingress", Location::Value(ingress.origin()), message).help(help)
        }
    }
}

/// istiod starts no ingress controller with `OFF` (`pilot/pkg/bootstrap/configcontroller.go`),
/// though the controller itself would take an Ingress by its IngressClass.
fn served_though_off(ingress: &Object<Ingress>) -> Diagnostic {
    let message = format!(
        "Ingress `{}/{}` is served by its IngressClass, though the mesh's `ingressControllerMode` is `OFF`",
        ingress.namespace(),
        ingress.name(),
    );
    let at = Location::Value(ingress.spec_origin().key("ingressClassName"));
    Diagnostic::warning("ingress-controller-off", at, message)
        .help("istiod that is installed with `OFF` serves no Ingress at all; leave the Ingresses out of the input")
}
