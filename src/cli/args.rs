//! What the command line takes.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::base::Severity;
use crate::lint::suppress::Suppression;

/// The versions of the APIs that meshc follows.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), "\nIstio API 1.32 (istiod 86c9f01f)\nEnvoy API 1.40 (envoy-types 0.7.7)");

/// Compiles Istio networking YAML into a static Envoy bootstrap: offline, no cluster, no control plane.
#[derive(Debug, Parser)]
#[command(name = "meshc", version = VERSION, propagate_version = true, max_term_width = 100)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compile the configuration of one proxy.
    Generate(Box<GenerateArgs>),
    /// Find faults in the configuration: offline, over all files together.
    Lint(Box<LintArgs>),
    /// Say what `lint` looks for.
    Rules(RulesArgs),
    /// Show where a request goes, and why not elsewhere.
    Route(Box<super::route::RouteArgs>),
    /// Run tests of configuration, written beside it.
    Test(Box<super::test::TestArgs>),
    /// Show what a change of the configuration means for each proxy.
    Diff(Box<super::diff::DiffArgs>),
    /// Make throw-away certificates of a mesh, for tests and laptops.
    Identity(IdentityArgs),
    /// Find what breaks traffic in a bootstrap or a config dump although Envoy loads it.
    Verify(VerifyArgs),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the man page.
    Man,
}

/// Arguments of `meshc generate`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = GENERATE_EXAMPLES)]
pub(super) struct GenerateArgs {
    /// Files, directories (recursive: .yaml, .yml, .json) or `-` for standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same, as an option.
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub proxy: ProxyArgs,
    #[command(flatten)]
    pub mesh: MeshArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub local: LocalArgs,
    /// Every proxy of the input, each to its own directory below the one that --out names:
    /// `NAMESPACE/KIND.NAME/bootstrap.json`, as `shop/pod.web-1/bootstrap.json` or, for a router
    /// that is not in the input, `edge/gateway.public/bootstrap.json`. The paths are printed.
    /// --identity files=DIR reads `DIR/NAMESPACE/SERVICE-ACCOUNT/`. Nothing is deleted.
    #[arg(long, help_heading = "Which proxy", requires = "out", conflicts_with_all = ["service_node", "metadata", "proxy", "gateway", "base_id"])]
    pub all: bool,
    /// Generate although a policy or extension that applies to this proxy is not translated.
    #[arg(long)]
    pub allow_unsupported: bool,
}

/// Arguments of `meshc lint`.
#[derive(Debug, Args)]
#[command(after_long_help = LINT_EXAMPLES)]
pub(super) struct LintArgs {
    /// Files, directories (recursive: .yaml, .yml, .json) or `-` for standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same, as an option.
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub mesh: MeshArgs,
    /// A MeshNetworks; otherwise the one in a ConfigMap `istio` of the input.
    #[arg(long, value_name = "FILE", help_heading = "Mesh")]
    pub mesh_networks: Option<PathBuf>,
    /// The format of standard output.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = LintFormat::Text, help_heading = "Output")]
    pub format: LintFormat,
    /// A report as a file beside standard output, as `sarif=meshc.sarif`; may be repeated.
    #[arg(long = "report", value_name = "FORMAT=FILE", help_heading = "Output")]
    pub reports: Vec<ReportFile>,
    /// Ignore findings: a rule or a code of istioctl or Kiali, and an object as `ns/name` or `name.ns`, perhaps
    /// after its kind and a space; `*` stands for anything. As `IST0101=shop/*`; may be repeated.
    #[arg(short = 'S', long = "suppress", value_name = "CODE=RESOURCE", value_parser = suppression)]
    pub suppress: Vec<Suppression>,
    /// The project's decisions; otherwise `meshc.toml` where it is in the current directory.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Compile the gateways and workloads of the input, to find what shows only in their configurations.
    #[arg(long, value_enum, default_value_t = CompileMode::Auto, value_name = "WHEN", help_heading = "Compilation")]
    pub compile: CompileMode,
    /// Let this Envoy judge each configuration that is compiled: what it refuses is a finding. Certificates that are
    /// not on this machine are stood in for.
    #[arg(long, value_name = "PATH", help_heading = "Compilation")]
    pub envoy: Option<PathBuf>,
    /// Correct misspelt fields and values in the files where the right word is certain.
    #[arg(long, conflicts_with = "diff", help_heading = "Corrections")]
    pub fix: bool,
    /// Print what --fix would change, as a diff, and nothing else.
    #[arg(long, help_heading = "Corrections")]
    pub diff: bool,
    /// Ignore the findings of this report, made by `-o json`: only new ones are shown and fail the run.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Show findings of this level and worse.
    #[arg(long, value_enum, default_value_t = Level::Info, value_name = "LEVEL", help_heading = "Output")]
    pub output_threshold: Level,
    /// Exit with 79 on findings of this level and worse.
    #[arg(long, value_enum, default_value_t = Level::Error, value_name = "LEVEL", help_heading = "Output")]
    pub failure_threshold: Level,
}

/// When `lint` compiles proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum CompileMode {
    /// Where the input is small, or as many as a small one has; it says what it leaves out.
    Auto,
    /// Every one that differs from the others.
    Always,
    /// None.
    Never,
}

/// Arguments of `meshc rules`. Without a command it lists the rules.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// What to print.
    #[command(subcommand)]
    pub command: Option<RulesCommand>,
}

/// What to print of rules.
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// One rule or fault: what it finds, why that is bad, what to do.
    Explain {
        /// Its name, a code that a rule covers, as `IST0111`, or the code of a finding of any command.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// All rules as one page of Markdown, as in docs/rules.md.
    Page,
}

/// Arguments of `meshc verify`.
#[derive(Debug, Args)]
#[command(after_long_help = VERIFY_EXAMPLES)]
pub(super) struct VerifyArgs {
    /// A bootstrap or the answer of `/config_dump`, JSON or YAML; `-` for standard input.
    #[arg(value_name = "BOOTSTRAP|CONFIG_DUMP")]
    pub path: PathBuf,
    /// Do not look for the files that the bootstrap names, nor whether its ports may be opened, as where it is for
    /// another machine.
    #[arg(long)]
    pub no_files: bool,
    /// The format of standard output.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = VerifyFormat::Text)]
    pub format: VerifyFormat,
}

/// The format of what `meshc verify` finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum VerifyFormat {
    /// For people.
    Text,
    /// `{"diagnostics": [...]}`.
    Json,
}

fn suppression(text: &str) -> Result<Suppression, String> {
    Suppression::parse(text).ok_or_else(|| "it is `CODE=RESOURCE`, as `IST0101=shop/web`".to_owned())
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// For people.
    Text,
    /// `{"diagnostics": [...]}`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// JUnit's XML.
    Junit,
}

/// A report in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReportFile {
    /// Its format.
    pub format: LintFormat,
    /// Where.
    pub path: PathBuf,
}

impl std::str::FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((format, path)) if !path.is_empty() => {
                Ok(Self { format: LintFormat::from_str(format, false)?, path: path.into() })
            }
            _ => Err("it is `FORMAT=FILE`, as `sarif=meshc.sarif`".to_owned()),
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// Worth knowing.
    Info,
    /// Probably not meant.
    Warning,
    /// Refused, or it cannot work.
    Error,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Note,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
        }
    }
}

/// Arguments of `meshc identity`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = IDENTITY_EXAMPLES)]
pub(super) struct IdentityArgs {
    /// Where to: `NAMESPACE/NAME/cert-chain.pem`, `key.pem` and `root-cert.pem` for each account,
    /// mode 0600, as `generate --all --identity files=DIR` reads them.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The accounts. One authority signs all of a run, and its key is not kept.
    #[arg(long = "service-account", value_name = "NS/NAME", required = true, num_args = 1..)]
    pub service_accounts: Vec<String>,
    /// The trust domain of the SPIFFE ids, as the MeshConfig has it.
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    pub trust_domain: String,
    /// For how many days.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

/// Which proxy. Without any of these the input must leave one choice.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Which proxy")]
pub(super) struct ProxyArgs {
    /// Envoy's node id, as `router~10.0.0.9~pod.ns~ns.svc.cluster.local`.
    #[arg(long, value_name = "ID", conflicts_with_all = ["proxy", "gateway"])]
    pub service_node: Option<String>,
    /// Envoy's node metadata, a JSON object, with --service-node.
    #[arg(long, value_name = "FILE", requires = "service_node")]
    pub metadata: Option<PathBuf>,
    /// A Pod, or a Deployment, StatefulSet or DaemonSet, of the input.
    #[arg(long, value_name = "NS/NAME", conflicts_with = "gateway")]
    pub proxy: Option<String>,
    /// The router that this Gateway's selector picks.
    #[arg(long, value_name = "NS/NAME")]
    pub gateway: Option<String>,
}

/// What the mesh is like.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Mesh")]
pub(super) struct MeshArgs {
    /// A MeshConfig; otherwise the one in a ConfigMap `istio` of the input, or Istio's default.
    #[arg(long, value_name = "FILE")]
    pub mesh_config: Option<PathBuf>,
    /// The namespace of objects that name none; it never filters.
    #[arg(short, long, default_value = "default", value_name = "NS")]
    pub namespace: String,
    /// The cluster's DNS suffix.
    #[arg(long, default_value = "cluster.local", value_name = "SUFFIX")]
    pub domain: String,
}

/// What comes out, and where to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// One static bootstrap, the resources as istiod sends them, or where each of them comes from.
    #[arg(long, value_enum, default_value_t = Emit::Bootstrap)]
    pub emit: Emit,
    /// What loads it: a stock Envoy, or Istio's own build of it.
    #[arg(long, value_enum, default_value_t = Target::Envoy)]
    pub target: Target,
    /// The format.
    #[arg(short = 'o', long = "output", value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// Where to; whole or not at all. Otherwise standard output. With --all a directory.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Gateway credentials: `files[=DIR]` beside the output (the default with --out), `inline`, or
    /// `redact` (the default on standard output).
    #[arg(long, value_name = "MODE")]
    pub secrets: Option<SecretsMode>,
    /// The proxy's mesh certificate: `none`, `files=DIR` or `sds[=SOCKET]`.
    #[arg(long, value_name = "MODE", default_value = "none")]
    pub identity: IdentityMode,
    /// Endpoints of services: those in the input, DNS on the service's name, or DNS where the input has none.
    #[arg(long, value_enum, default_value_t = Endpoints::Auto)]
    pub endpoints: Endpoints,
}

/// For running the result where you stand.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Running it locally")]
pub(super) struct LocalArgs {
    /// Envoy's admin interface.
    #[arg(long, default_value = "127.0.0.1:15000", value_name = "IP:PORT")]
    pub admin_address: std::net::SocketAddr,
    /// Listen here instead of on all addresses.
    #[arg(long, value_name = "IP")]
    pub bind_address: Option<IpAddr>,
    /// How traffic reaches a sidecar: redirected to it, or not at all. With `none` it binds the ports
    /// of the services for its application at --bind-address (127.0.0.1 by default), and those of
    /// its workload at the workload's address where that is a loopback one (127.0.0.0/8), else
    /// there too; the application listens on 127.0.0.1.
    #[arg(long, value_enum, default_value_t = Capture::Redirect)]
    pub capture: Capture,
    /// Add this to the port of every listener (as 10000, to need no privilege).
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub port_offset: u16,
    /// Envoy's own --base-id, told apart from other Envoys on this machine: with --out, print the
    /// command that runs the result.
    #[arg(long, value_name = "N", requires = "out")]
    pub base_id: Option<u32>,
}

/// How traffic reaches a sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Capture {
    /// By iptables or istio-cni.
    Redirect,
    /// Clients connect to it.
    None,
}

/// What is emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Emit {
    /// One static bootstrap.
    Bootstrap,
    /// `{"clusters", "listeners", "routes", "endpoints", "secrets"}` as istiod sends them.
    Xds,
    /// In the same shape, the resources, files and lines that made each object.
    Provenance,
}

/// What loads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    /// A stock Envoy.
    Envoy,
    /// Istio's build of Envoy, with Istio's own extensions.
    IstioProxy,
}

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Where endpoints come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Endpoints {
    /// From the input where it has them, else by DNS.
    Auto,
    /// Only from the input.
    Static,
    /// By DNS on the service's name.
    Dns,
}

/// What becomes of gateway credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretsMode {
    /// Files in this directory, else in `certs` beside the output.
    Files(Option<PathBuf>),
    /// In the output.
    Inline,
    /// Left out.
    Redact,
}

impl std::str::FromStr for SecretsMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "files" => Ok(Self::Files(None)),
            None if text == "inline" => Ok(Self::Inline),
            None if text == "redact" => Ok(Self::Redact),
            Some(("files", directory)) if !directory.is_empty() => Ok(Self::Files(Some(directory.into()))),
            _ => Err("it is `files`, `files=DIR`, `inline` or `redact`".to_owned()),
        }
    }
}

/// Where the proxy's mesh certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IdentityMode {
    /// There is none.
    None,
    /// `cert-chain.pem`, `key.pem` and `root-cert.pem` in this directory.
    Files(PathBuf),
    /// An SDS server on this Unix socket.
    Sds(PathBuf),
}

/// Where istio-agent serves SDS (`istio: security.WorkloadIdentitySocketPath`).
const AGENT_SOCKET: &str = "./var/run/secrets/workload-spiffe-uds/socket";

impl std::str::FromStr for IdentityMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "none" => Ok(Self::None),
            None if text == "sds" => Ok(Self::Sds(AGENT_SOCKET.into())),
            Some(("files", directory)) if !directory.is_empty() => Ok(Self::Files(directory.into())),
            Some(("sds", socket)) if !socket.is_empty() => Ok(Self::Sds(socket.into())),
            _ => Err("it is `none`, `files=DIR`, `sds` or `sds=SOCKET`".to_owned()),
        }
    }
}

const LINT_EXAMPLES: &str = "\
Exit codes: 0 fine, 64 usage, 65 an input cannot be read or parsed, 79 findings at or above --failure-threshold.

Examples:
  meshc lint k8s/
      Every file of the directory, together.
  kustomize build . | meshc lint - -o json --failure-threshold warning
      What another program gives, for another program.
  meshc lint k8s/ --report sarif=meshc.sarif --report junit=meshc.xml
      For people on standard output, for code scanning and for a test report in files.
  meshc lint k8s/ -o json > baseline.json; meshc lint k8s/ --baseline baseline.json
      Only what is new since then.";

const IDENTITY_EXAMPLES: &str = "\
Example:
  meshc identity --out identity --service-account shop/web shop/api
  meshc generate k8s/ --proxy shop/web-1 --capture none --identity files=identity/shop/web --out web.json
      A sidecar that speaks mutual TLS with those of the other accounts of the same run.";

const VERIFY_EXAMPLES: &str = "\
Exit codes: 0 fine, 64 usage, 65 the input cannot be read or is neither of both, 79 findings.

Examples:
  meshc verify envoy.json && envoy -c envoy.json
      Before it is run.
  curl -s localhost:15000/config_dump | meshc verify - -o json
      What a running Envoy has.";

const GENERATE_EXAMPLES: &str = "\
Examples:
  meshc generate testdata/demo/http-ingress/input
      The bootstrap of the only gateway there, on standard output.
  meshc generate k8s/ --gateway shop/public --out envoy.json
      The router that `shop/public` selects; certificates go to certs/ beside it, mode 0600.
  meshc generate k8s/ --bind-address 127.0.0.1 --port-offset 10000 --out /tmp/envoy.json && envoy -c /tmp/envoy.json
      Try it on a laptop: port 80 answers on 127.0.0.1:10080.
  meshc generate k8s/ --all --out proxies/
      A bootstrap for every gateway and workload.
  kustomize build . | meshc generate - --emit xds --target istio-proxy --service-node router~10.0.0.9~gw.edge~edge.svc.cluster.local
      What istiod would send to that proxy.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn modes_are_read() {
        assert_eq!("files=x".parse(), Ok(SecretsMode::Files(Some("x".into()))));
        assert!("files=".parse::<SecretsMode>().is_err());
        assert_eq!("files=x".parse(), Ok(IdentityMode::Files("x".into())));
        assert!("files".parse::<IdentityMode>().is_err());
    }
}
