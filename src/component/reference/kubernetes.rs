//! Kubernetes' keys.

use super::table::{Product, ProductKey as Key};

const NO_NODES: &str = "there are no nodes: replicas run by themselves";
const NO_CONTROLLER: &str =
    "no controller measures and scales; a runbook's `scale` changes the number of replicas, on an alert";
const NO_PROBES: &str = "nobody probes: a replica that is gone leaves the balancer at once, one that hangs stays in it until a `runbook` \
     restarts it";

pub(super) const PROBES: Product = Product {
    title: "Keys of Kubernetes' probes",
    column: "default",
    source: "Kubernetes `pkg/apis/core/v1/defaults.go` (`SetDefaults_Probe`), `pkg/kubelet/prober/worker.go`",
    keys: &[
        Key::like(
            "readinessProbe",
            "none",
            "",
            "`start-up`: a replica takes requests from then on; one that hangs stays in the balancer",
        ),
        Key::not("livenessProbe", "none", "", "people restart what hangs, by a `runbook`"),
        Key::not("startupProbe", "none", "", "`start-up` is known beforehand"),
        Key::like("initialDelaySeconds", "0", "s", "part of `start-up`"),
        Key::not("periodSeconds", "10", "s", NO_PROBES),
        Key::not("timeoutSeconds", "1", "s", NO_PROBES),
        Key::not("successThreshold", "1", "probes", NO_PROBES),
        Key::not("failureThreshold", "3", "probes", NO_PROBES),
    ],
};

pub(super) const PODS: Product = Product {
    title: "Keys of Kubernetes' pods and deployments",
    column: "default",
    source: "Kubernetes `pkg/controller/deployment/util` (`ResolveFenceposts`), `pkg/kubelet/cm/helpers_linux.go`; \
             Kubernetes documentation, pod life cycle, deployments, resources of containers",
    keys: &[
        Key::is("spec.replicas", "1", "replicas", "replicas"),
        Key::is("resources.limits.cpu", "none", "cores", "cores"),
        Key::not(
            "cpu.cfs_quota_us",
            "of periods of 100 ms",
            "us",
            "cores are shared evenly at every moment, not by periods",
        ),
        Key::not("resources.requests.cpu", "= the limit", "cores", "replicas do not compete for a machine"),
        Key::not("resources.limits.memory", "none", "B", super::process::NO_MEMORY),
        Key::not("OOMKilled (exit 137)", "", "", super::process::NO_MEMORY),
        Key::like("CrashLoopBackOff", "none, then 10 to 300", "s", "the time that a fault `crash` lasts"),
        Key::like(
            "ReduceDefaultCrashLoopBackOffDecay",
            "off; 1 to 60",
            "s",
            "the time that a fault `crash` lasts",
        ),
        Key::like("terminationGracePeriodSeconds", "30", "s", "`drain` of a runbook's `restart`"),
        Key::like(
            "lifecycle.preStop",
            "none",
            "",
            "`drain` of a runbook's `restart`: no new requests come meanwhile",
        ),
        Key::not(
            "endpoint propagation",
            "milliseconds to seconds (estimate)",
            "s",
            "balancers know at once who is gone",
        ),
        Key::like(
            "strategy.rollingUpdate.maxUnavailable",
            "25 %, rounded down",
            "replicas",
            "`order: one-by-one` of a runbook's `restart`, which is 1",
        ),
        Key::not(
            "strategy.rollingUpdate.maxSurge",
            "25 %, rounded up",
            "replicas",
            "no replica is started beside the others: `maxSurge` 0",
        ),
        Key::like(
            "minReadySeconds",
            "0",
            "s",
            "the next replica's turn comes after the `start-up` of the last",
        ),
        Key::not(
            "progressDeadlineSeconds",
            "600",
            "s",
            "it only reports; a `restart` always comes to its end",
        ),
    ],
};

pub(super) const AUTOSCALER: Product = Product {
    title: "Keys of Kubernetes' HorizontalPodAutoscaler",
    column: "default",
    source: "Kubernetes `pkg/controller/podautoscaler/horizontal.go`, `replica_calculator.go`, \
             `pkg/apis/autoscaling/v2/defaults.go`",
    keys: &[
        Key::not("minReplicas", "1", "replicas", NO_CONTROLLER),
        Key::like("maxReplicas", "required", "replicas", "the most `replicas` of a `scale`"),
        Key::not("metrics[].resource.target.averageUtilization", "80", "% of the request", NO_CONTROLLER),
        Key::not("horizontal-pod-autoscaler-sync-period", "15", "s", NO_CONTROLLER),
        Key::not("horizontal-pod-autoscaler-tolerance", "0.1", "", NO_CONTROLLER),
        Key::not("horizontal-pod-autoscaler-downscale-stabilization", "5", "min", NO_CONTROLLER),
        Key::not("horizontal-pod-autoscaler-cpu-initialization-period", "5", "min", NO_CONTROLLER),
        Key::not("horizontal-pod-autoscaler-initial-readiness-delay", "30", "s", NO_CONTROLLER),
        Key::not("behavior.scaleUp.stabilizationWindowSeconds", "0", "s", NO_CONTROLLER),
        Key::not("behavior.scaleUp.policies", "4 pods or 100 % in 15 s", "", NO_CONTROLLER),
        Key::not("behavior.scaleDown.stabilizationWindowSeconds", "300", "s", NO_CONTROLLER),
        Key::not("behavior.scaleDown.policies", "100 % in 15 s", "", NO_CONTROLLER),
        Key::not("behavior.selectPolicy", "Max", "", NO_CONTROLLER),
    ],
};

pub(super) const NODES: Product = Product {
    title: "Keys of Kubernetes' nodes and of the cluster autoscaler",
    column: "default",
    source: "Kubernetes `pkg/controller/nodelifecycle`; documentation, nodes, taints and tolerations; cluster-autoscaler \
             FAQ",
    keys: &[
        Key::not("nodeStatusUpdateFrequency (lease renewal)", "10", "s", NO_NODES),
        Key::not("node-monitor-period", "5", "s", NO_NODES),
        Key::not("node-monitor-grace-period", "40, from about 1.32 on 50", "s", NO_NODES),
        Key::not("tolerationSeconds (DefaultTolerationSeconds)", "300", "s", NO_NODES),
        Key::not("node-eviction-rate", "0.1", "nodes/s", NO_NODES),
        Key::not("secondary-node-eviction-rate", "0.01", "nodes/s", NO_NODES),
        Key::not("unhealthy-zone-threshold", "55 %", "", NO_NODES),
        Key::not("large-cluster-size-threshold", "50", "nodes", NO_NODES),
        Key::not("pod-eviction-timeout", "obsolete", "", NO_NODES),
        Key::not("scan-interval", "10", "s", NO_NODES),
        Key::not("scale-down-unneeded-time", "10", "min", NO_NODES),
        Key::not("scale-down-delay-after-add", "10", "min", NO_NODES),
        Key::not("scale-down-delay-after-failure", "3", "min", NO_NODES),
        Key::not("scale-down-delay-after-delete", "= scan-interval", "s", NO_NODES),
        Key::not("scale-down-unready-time", "20", "min", NO_NODES),
        Key::not("scale-down-utilization-threshold", "0.5 of requests", "", NO_NODES),
        Key::not("max-node-provision-time", "15", "min", NO_NODES),
        Key::not("new-pod-scale-up-delay", "0", "s", NO_NODES),
        Key::not("max-graceful-termination-sec", "600", "s", NO_NODES),
        Key::not("expander", "least-waste", "", NO_NODES),
    ],
};
