//! The JVM's keys, and what processes show.

use super::process::NO_MEMORY;
use super::table::{Product, ProductKey as Key};

pub(super) const KEYS: Product = Product {
    title: "Keys of the JVM (HotSpot)",
    column: "default",
    source: "OpenJDK `gc_globals.hpp`, `g1_globals.hpp`; HotSpot garbage collection tuning guide",
    keys: &[
        Key::not("MaxRAMPercentage", "25", "%", NO_MEMORY),
        Key::not("InitialRAMPercentage", "1.5625", "%", NO_MEMORY),
        Key::not("MinRAMPercentage", "50", "%", NO_MEMORY),
        Key::not("MaxGCPauseMillis", "200", "ms", NO_MEMORY),
        Key::not("InitiatingHeapOccupancyPercent", "45", "%", NO_MEMORY),
        Key::not("GCTimeRatio", "12 (Parallel: 99)", "", NO_MEMORY),
        Key::not("ConcGCThreads", "about ParallelGCThreads ÷ 4", "threads", NO_MEMORY),
        Key::not("NewRatio", "2", "", NO_MEMORY),
        Key::not("SurvivorRatio", "8", "", NO_MEMORY),
        Key::not("UseGCOverheadLimit", "true", "", NO_MEMORY),
        Key::not("GCTimeLimit", "98", "%", NO_MEMORY),
        Key::not("GCHeapFreeLimit", "2", "%", NO_MEMORY),
        Key::not("ExitOnOutOfMemoryError", "false", "", NO_MEMORY),
        Key::not("CrashOnOutOfMemoryError", "false", "", NO_MEMORY),
        Key::like("ActiveProcessorCount", "= the limit", "cores", "`cores` of the replica"),
        Key::like("JIT warm-up", "2 to 10 times as slow, 30 s to 2 min (estimate)", "", "`warm-up`"),
    ],
};

pub(super) const METRICS: Product = Product {
    title: "Metrics of processes",
    column: "kind",
    source: "Micrometer, as Prometheus names its metrics; cAdvisor",
    keys: &[
        Key::shown("http.server.requests", "timer", "s", "http_server_requests_seconds"),
        Key::shown("tomcat.threads.busy", "gauge", "threads", "tomcat_threads_busy_threads"),
        Key::shown("tomcat.threads.config.max", "gauge", "threads", "tomcat_threads_config_max_threads"),
        Key::shown("process.cpu.usage", "gauge", "", "process_cpu_usage"),
        Key::shown("system.cpu.usage", "gauge", "", "system_cpu_usage"),
        Key::shown("up (of the scrape)", "gauge", "", "up"),
        Key::not(
            "jvm_gc_pause_seconds_count, jvm_gc_pause_seconds_sum, jvm_gc_pause_seconds_max",
            "timer",
            "s",
            NO_MEMORY,
        ),
        Key::not("jvm_memory_used_bytes{area}", "gauge", "B", NO_MEMORY),
        Key::not("jvm_gc_live_data_size_bytes", "gauge", "B", NO_MEMORY),
        Key::not("jvm_gc_memory_allocated_bytes_total", "counter", "B", NO_MEMORY),
        Key::not("process_resident_memory_bytes", "gauge", "B", NO_MEMORY),
        Key::not(
            "container_cpu_cfs_throttled_periods_total",
            "counter",
            "periods",
            "cores are shared evenly at every moment, not by periods",
        ),
        Key::not(
            "container_cpu_cfs_periods_total",
            "counter",
            "periods",
            "cores are shared evenly at every moment, not by periods",
        ),
        Key::not(
            "kube_pod_container_status_restarts_total",
            "counter",
            "restarts",
            "faults are in `timeline.csv`",
        ),
    ],
};

pub(super) const ERRORS: Product = Product {
    title: "Errors of the JVM",
    column: "when",
    source: "OpenJDK, garbage collection overhead limit",
    keys: &[
        Key::not("OutOfMemoryError: Java heap space", "a full collection frees too little", "", NO_MEMORY),
        Key::not(
            "OutOfMemoryError: GC overhead limit exceeded",
            "98 % of the time, five times",
            "",
            NO_MEMORY,
        ),
    ],
};
