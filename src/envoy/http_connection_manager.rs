//! `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.

use envoy_types::pb::envoy::config::route::v3::RouteConfiguration;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3 as hcm;
use envoy_types::pb::envoy::extensions::request_id::uuid::v3::UuidRequestIdConfig;
use prost::Message;
use std::cell::RefCell;

use super::access_log::access_log;
use super::any::pack;
use super::core::{bool_value, cidr_range, duration};
use super::discovery::{Discovery, Tables};
use super::http_filter::http_filters;
use super::http_protocol_options::{common, http1, http2};
use super::json::Object;
use super::route_configuration;
use super::tracing::tracing;
use crate::ir;
use crate::ir::http::{
    ClientCertDetails, Codec, EscapedSlashes, ForwardClientCert, HttpConnectionManager, HttpFilter, PathNormalization,
    ServerHeader, Tracing,
};
use crate::ir::listener::AccessLog;
use crate::ir::route;

/// A connection manager.
pub fn http_connection_manager(
    manager: &HttpConnectionManager,
    discovery: &Discovery<'_>,
) -> hcm::HttpConnectionManager {
    hcm::HttpConnectionManager {
        route_specifier: Some(route_specifier(&manager.routes, discovery)),
        http_filters: http_filters(&manager.filters),
        tracing: manager.tracing.as_ref().map(tracing),
        access_log: manager.access_logs.iter().map(access_log).collect(),
        ..settings(manager)
    }
}

/// Writes the members of a connection manager in an `Any`, of whose routes one at a time is a message.
pub fn write(object: &mut Object<'_, '_>, manager: &HttpConnectionManager, tables: &Tables<'_>) {
    let mut bytes = settings(manager).encode_to_vec();
    tables.repeated.append(manager, &mut bytes);
    object.type_url::<hcm::HttpConnectionManager>();
    object.encoded_around::<hcm::HttpConnectionManager>(&bytes, "route_config", |object| {
        object.object("route_config", |object| match in_place(&manager.routes, tables) {
            Ok(configuration) => route_configuration::write(object, configuration),
            Err(name) => object.fields(&without_routes(name)),
        });
    });
}

/// The bytes of what the connection managers of a proxy have in common, mostly: made where it differs from the last.
#[derive(Clone, Debug, Default)]
pub struct Repeated(RefCell<Option<Box<Last>>>);

#[derive(Clone, Debug)]
struct Last {
    filters: Vec<HttpFilter>,
    tracing: Option<Tracing>,
    access_logs: Vec<AccessLog>,
    bytes: Vec<u8>,
}

impl Repeated {
    /// Adds the filters, tracing and access logs of a connection manager to its bytes.
    fn append(&self, manager: &HttpConnectionManager, bytes: &mut Vec<u8>) {
        let HttpConnectionManager { filters, tracing, access_logs, .. } = manager;
        let mut last = self.0.borrow_mut();
        let same = |it: &&Last| it.filters == *filters && it.tracing == *tracing && it.access_logs == *access_logs;
        if let Some(known) = last.as_deref().filter(same) {
            bytes.extend_from_slice(&known.bytes);
            return;
        }
        let message = hcm::HttpConnectionManager {
            http_filters: http_filters(filters),
            tracing: tracing.as_ref().map(self::tracing),
            access_log: access_logs.iter().map(access_log).collect(),
            ..Default::default()
        };
        let made = message.encode_to_vec();
        bytes.extend_from_slice(&made);
        *last = Some(Box::new(Last {
            filters: filters.clone(),
            tracing: tracing.clone(),
            access_logs: access_logs.clone(),
            bytes: made,
        }));
    }
}

/// What is left without routes, filters, tracing and access logs.
fn settings(manager: &HttpConnectionManager) -> hcm::HttpConnectionManager {
    let HttpConnectionManager {
        stat_prefix,
        routes: _,
        filters: _,
        tracing: _,
        access_logs: _,
        codec,
        use_remote_address,
        xff_num_trusted_hops,
        skip_xff_append,
        append_x_forwarded_port,
        forward_client_cert,
        client_cert_details,
        server_name,
        server_header,
        common,
        http1,
        http2,
        stream_idle_timeout,
        request_timeout,
        request_headers_timeout,
        drain_timeout,
        delayed_close_timeout,
        proxy_100_continue,
        upgrades,
        path,
        request_id_for_trace_sampling,
        internal_addresses,
        generate_request_id,
    } = manager;
    let PathNormalization { normalize, merge_slashes, escaped_slashes } = path;
    let upgrade = |upgrade: &String| hcm::http_connection_manager::UpgradeConfig {
        upgrade_type: upgrade.clone(),
        ..Default::default()
    };
    hcm::HttpConnectionManager {
        stat_prefix: stat_prefix.clone(),
        codec_type: codec_type(*codec).into(),
        http3_protocol_options: (*codec == Codec::Http3).then(Default::default),
        use_remote_address: use_remote_address.map(bool_value),
        xff_num_trusted_hops: *xff_num_trusted_hops,
        skip_xff_append: *skip_xff_append,
        append_x_forwarded_port: *append_x_forwarded_port,
        forward_client_cert_details: forward_client_cert_details(*forward_client_cert).into(),
        set_current_client_cert_details: client_cert_details.map(set_current_client_cert_details),
        server_name: server_name.clone(),
        server_header_transformation: server_header_transformation(*server_header).into(),
        common_http_protocol_options: common.map(self::common),
        http_protocol_options: http1.map(self::http1),
        http2_protocol_options: http2.map(self::http2),
        stream_idle_timeout: stream_idle_timeout.map(duration),
        request_timeout: request_timeout.map(duration),
        request_headers_timeout: request_headers_timeout.map(duration),
        drain_timeout: drain_timeout.map(duration),
        delayed_close_timeout: delayed_close_timeout.map(duration),
        proxy_100_continue: *proxy_100_continue,
        upgrade_configs: upgrades.iter().map(upgrade).collect(),
        normalize_path: normalize.map(bool_value),
        merge_slashes: *merge_slashes,
        path_with_escaped_slashes_action: path_with_escaped_slashes_action(*escaped_slashes).into(),
        request_id_extension: request_id_for_trace_sampling.then(request_id_extension),
        internal_address_config: (!internal_addresses.is_empty()).then(|| {
            hcm::http_connection_manager::InternalAddressConfig {
                cidr_ranges: internal_addresses.iter().map(cidr_range).collect(),
                ..Default::default()
            }
        }),
        generate_request_id: generate_request_id.map(bool_value),
        ..Default::default()
    }
}

/// A static configuration has the routes in place.
fn route_specifier(routes: &route::Source, discovery: &Discovery<'_>) -> hcm::http_connection_manager::RouteSpecifier {
    use hcm::http_connection_manager::RouteSpecifier;
    let found = match (routes, discovery) {
        (route::Source::Inline(configuration), Discovery::Xds) => Ok(&**configuration),
        (route::Source::Rds(name), Discovery::Xds) => {
            return RouteSpecifier::Rds(hcm::Rds {
                config_source: Some(discovery.control_plane()),
                route_config_name: name.clone(),
            });
        }
        (_, Discovery::Static(tables)) => in_place(routes, tables),
    };
    RouteSpecifier::RouteConfig(found.map_or_else(without_routes, route_configuration::route_configuration))
}

/// The routes that a static configuration has in the connection manager itself, or the name of routes that it has not.
fn in_place<'a>(routes: &'a route::Source, tables: &Tables<'a>) -> Result<&'a ir::RouteConfiguration, &'a str> {
    match routes {
        route::Source::Inline(configuration) => Ok(configuration),
        route::Source::Rds(name) => tables.routes.get(name.as_str()).copied().ok_or(name),
    }
}

/// In place of routes that are not there: it answers 404, as Envoy does before RDS answered.
fn without_routes(name: &str) -> RouteConfiguration {
    RouteConfiguration { name: name.to_owned(), ..Default::default() }
}

fn codec_type(codec: Codec) -> hcm::http_connection_manager::CodecType {
    match codec {
        Codec::Auto => hcm::http_connection_manager::CodecType::Auto,
        Codec::Http3 => hcm::http_connection_manager::CodecType::Http3,
    }
}

fn forward_client_cert_details(forward: ForwardClientCert) -> hcm::http_connection_manager::ForwardClientCertDetails {
    use hcm::http_connection_manager::ForwardClientCertDetails;
    match forward {
        ForwardClientCert::Sanitize => ForwardClientCertDetails::Sanitize,
        ForwardClientCert::ForwardOnly => ForwardClientCertDetails::ForwardOnly,
        ForwardClientCert::AppendForward => ForwardClientCertDetails::AppendForward,
        ForwardClientCert::SanitizeSet => ForwardClientCertDetails::SanitizeSet,
        ForwardClientCert::AlwaysForwardOnly => ForwardClientCertDetails::AlwaysForwardOnly,
    }
}

fn set_current_client_cert_details(
    details: ClientCertDetails,
) -> hcm::http_connection_manager::SetCurrentClientCertDetails {
    let ClientCertDetails { subject, cert, chain, dns, uri } = details;
    hcm::http_connection_manager::SetCurrentClientCertDetails {
        subject: subject.then(|| bool_value(true)),
        cert,
        chain,
        dns,
        uri,
        ..Default::default()
    }
}

fn server_header_transformation(header: ServerHeader) -> hcm::http_connection_manager::ServerHeaderTransformation {
    use hcm::http_connection_manager::ServerHeaderTransformation;
    match header {
        ServerHeader::Overwrite => ServerHeaderTransformation::Overwrite,
        ServerHeader::AppendIfAbsent => ServerHeaderTransformation::AppendIfAbsent,
        ServerHeader::PassThrough => ServerHeaderTransformation::PassThrough,
    }
}

fn path_with_escaped_slashes_action(
    slashes: EscapedSlashes,
) -> hcm::http_connection_manager::PathWithEscapedSlashesAction {
    use hcm::http_connection_manager::PathWithEscapedSlashesAction as Action;
    match slashes {
        EscapedSlashes::Default => Action::ImplementationSpecificDefault,
        EscapedSlashes::KeepUnchanged => Action::KeepUnchanged,
        EscapedSlashes::UnescapeAndRedirect => Action::UnescapeAndRedirect,
        EscapedSlashes::UnescapeAndForward => Action::UnescapeAndForward,
        EscapedSlashes::RejectRequest => Action::RejectRequest,
    }
}

fn request_id_extension() -> hcm::RequestIdExtension {
    let config =
        UuidRequestIdConfig { use_request_id_for_trace_sampling: Some(bool_value(true)), ..Default::default() };
    hcm::RequestIdExtension { typed_config: Some(pack(&config)) }
}
