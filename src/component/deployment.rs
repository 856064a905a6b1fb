//! Where the software runs, as a user writes it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cache::CacheSpec;
use super::call::CallSpec;
use super::database::DatabaseSpec;
use super::external::ExternalSpec;
use super::gateway::GatewaySpec;
use super::link::LinkSpec;
use super::log::LogSpec;
use super::pool::PoolSpec;
use super::preset::{BulkheadsSpec, TimeoutPreset};
use super::process::ProcessSpec;
use super::station::StationSpec;

/// Where a system runs: its processes, stores, and the network between them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeploymentSpec {
    /// A sentence about the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The file with the operations that run here, relative to this file. Only a deployment of plain stations
    /// does without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<String>,
    /// Time-outs for clients, gateways and calls that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<TimeoutPreset>,
    /// Bulkheads of calls that have none, out of one number of threads or as permits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulkheads: Option<BulkheadsSpec>,
    /// Gateways in front of the processes.
    #[serde(default)]
    pub gateways: IndexMap<String, GatewaySpec>,
    /// Processes that run modules.
    #[serde(default)]
    pub processes: IndexMap<String, ProcessSpec>,
    /// Connection pools from processes to databases.
    #[serde(default)]
    pub pools: IndexMap<String, PoolSpec>,
    /// Databases.
    #[serde(default)]
    pub databases: IndexMap<String, DatabaseSpec>,
    /// Cache servers.
    #[serde(default)]
    pub caches: IndexMap<String, CacheSpec>,
    /// Logs with topics and consumers.
    #[serde(default)]
    pub logs: IndexMap<String, LogSpec>,
    /// External parties.
    #[serde(default)]
    pub externals: IndexMap<String, ExternalSpec>,
    /// The network: `default`, and links to single processes or stores by their name.
    #[serde(default)]
    pub links: IndexMap<String, LinkSpec>,
    /// Policies of calls, by the operation that is called. They apply where the call crosses processes.
    #[serde(default)]
    pub calls: IndexMap<String, CallSpec>,
    /// Plain stations, for operations that `visit` or `hold` them.
    #[serde(default)]
    pub stations: IndexMap<String, StationSpec>,
}
