//! What stands on the way of a call, through the front door: files as a user writes them, one run, exact outcomes.

#[path = "calls/answers.rs"]
mod answers;
#[path = "calls/balancing.rs"]
mod balancing;
#[path = "calls/breakers.rs"]
mod breakers;
#[path = "calls/bulkheads.rs"]
mod bulkheads;
#[path = "calls/case.rs"]
mod case;
#[path = "calls/clients.rs"]
mod clients;
#[path = "calls/fallbacks.rs"]
mod fallbacks;
#[path = "calls/gateway_limits.rs"]
mod gateway_limits;
#[path = "calls/gateways.rs"]
mod gateways;
#[path = "calls/limits.rs"]
mod limits;
#[path = "calls/loads.rs"]
mod loads;
#[path = "calls/network.rs"]
mod network;
#[path = "calls/outliers.rs"]
mod outliers;
#[path = "calls/presets.rs"]
mod presets;
#[path = "calls/processes.rs"]
mod processes;
#[path = "support/rehearse.rs"]
mod rehearse;
#[path = "calls/retries.rs"]
mod retries;
#[path = "calls/shedding.rs"]
mod shedding;
#[path = "calls/stations.rs"]
mod stations;
#[path = "calls/throttling.rs"]
mod throttling;
