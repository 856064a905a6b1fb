//! A system in which every setting that is a number or a time has its place, and is as it should be.

pub(crate) const OPERATIONS: &str = "
schemas: {main: [rows, others], side: [more]}
keys:
  row: {count: 1000, popularity: {zipf: 0.9}}
  hot: {count: 1000, popularity: {hot-set: {keys: 20%, requests: 80%}}}
stocks: {goods: {amount: 1000000, in: main}}
flags: {aside: {default: 'off'}}
modules:
  web:
    operations:
      page:
        - cpu: {constant: 1ms}
        - delay: {exponential: {mean: 1ms}}
        - call: far.one
        - call: far.two
        - call: far.three
        - call: far.four
        - call: far.five
        - call: far.six
        - call: far.seven
        - call: far.eight
        - call: far.nine
        - repeat: {times: {constant: 2}, steps: [{delay: 1ms}]}
        - repeat: {times: {uniform: {from: 1, to: 3}}, steps: [{delay: 1ms}]}
        - repeat: {times: {geometric: {mean: 2}}, steps: [{delay: 1ms}]}
        - repeat: {times: {poisson: {mean: 2}}, steps: [{delay: 1ms}]}
        - parallel: {branches: [[{delay: 1ms}], [{delay: 2ms}]], need: {quorum: 1}}
        - choose: {branches: [{weight: 40%, steps: []}, {weight: 60%, steps: [{delay: 1ms}]}]}
        - attempt: {timeout: 100ms, retry: {max-attempts: 2, wait-duration: 10ms}, steps: [{delay: 1ms}]}
        - visit: desk
        - visit: bench
        - when: {flag: aside, then: [], else: []}
      data:
        - read: {table: rows, rows: 2, key: row, leak: {when: failure, probability: 1%, for: 10s}}
        - write: {table: more, rows: 2}
        - transaction: {in: main, steps: [{lock: {table: rows, key: row}}, {take: {stock: goods}}, {write: {table: others}}]}
        - once: {key: row, remember: 1m}
        - cached: {cache: pages, key: row, ttl: 1m, ttl-jitter: 10%, stale: 30s, size: 100B, on-miss: [{read: {table: rows}}]}
        - cached: {cache: early, key: row, ttl: 1m, early-expiry: 100%, size: 100B, on-miss: [{read: {table: rows}}]}
        - get: {cache: values, key: row, size: 100B}
        - set: {cache: values, key: row, size: 100B, ttl: 1m}
        - delete: {cache: values, key: row}
        - increment: {cache: counters, key: row, by: 2, limit: 1000000, ttl: 1m}
        - rank-update: {cache: ranks, member: row, size: 64B}
        - rank-read: {cache: ranks, top: 10}
        - lock-key: {cache: locks, key: row, ttl: 1m, wait: 1s, pause: 10ms, steps: [{delay: 1ms}]}
        - publish: {topic: news, key: row, size: 1kB}
        - request: bank
        - request: post
      batch: [{delay: 1ms}]
      stages: [{delay: 1ms}]
      waves: [{delay: 1ms}]
      people: [{delay: 1ms}]
      gaps: [{delay: 1ms}]
      news: [{delay: 1ms}]
  far:
    operations:
      one: [{delay: 1ms}]
      two: [{delay: 1ms}]
      three: [{delay: 1ms}]
      four: [{delay: 1ms}]
      five: [{delay: 1ms}]
      six: [{delay: 1ms}]
      seven: [{delay: 1ms}]
      eight: [{delay: 1ms}]
      nine: [{delay: 1ms}]
";

pub(crate) const DEPLOYMENT: &str = "
operations: operations.yaml
processes:
  web:
    modules: [web]
    cores: 4
    threads: 200
    codel: {target: 5ms, interval: 100ms}
    accept-queue: 100
    replicas: 2
    start-up: 5s
    warm-up: {slowness: 3, over: 20s}
    balance: {least-request: {choices: 2}}
    answers-as: {error: 503}
  far: {modules: [far], cores: 4, replicas: 2, balance: {ring-hash: {by: row, minimum-ring-size: 1024}}}
pools:
  web:
    to: mysql
    maximum-pool-size: 10
    minimum-idle: 2
    connection-timeout: 2s
    idle-timeout: 10m
    max-lifetime: 30m
    leak-detection-threshold: 1m
    hand-off: 1ms
    connect: 5ms
  copies: {of: web, to: mysql, read-replicas: true}
  side: {of: web, to: maria}
databases:
  mysql:
    cores: 4
    schemas: [main]
    max-connections: 100
    lock-wait-timeout: 50s
    statement: {lognormal: {mean: 1ms, cv: 0.5}}
    row-read: 10us
    row-write: 10us
    buffer-pool-hits: 90%
    disk-read: {gamma: {mean: 1ms, cv: 0.5}}
    flush: 1ms
    flush-log-at-trx-commit: 1
    group-commit-sync-delay: 1ms
    read-replicas: {count: 1, parallel-workers: 4, apply: 1ms, shipping: 1ms}
  maria: {kind: mariadb, cores: 4, schemas: [side], statement: {mixture: [{weight: 50%, of: 1ms}, {weight: 50%, of: 2ms}]}, lock-wait-timeout: 2s}
caches:
  redis:
    holds: [pages, early]
    memory: 1MiB
    policy: allkeys-lfu
    maxmemory-samples: 5
    lfu-log-factor: 10
    lfu-decay-time: 1m
    hz: 10
    active-expire-effort: 1
    expire-key: 1us
    command: 10us
    commands:
      get: {time: 10us, per-kibibyte: 1us}
      set: {time: 10us}
      zadd: {time: 10us, per-doubling: 1us}
      zrange: {time: 10us, per-member: 1us}
    timeout: 2s
    entry-overhead: 100B
    persistence: {rdb: {save: [{after: 60s, changes: 100}], fork-per-gibibyte: 10ms, write-per-gibibyte: 10s}}
    load-per-gibibyte: 10s
    replicas: 1
    replication-lag: 1ms
    sentinel: {down-after: 5s, promotion: 1s, discovery: 1s}
  second:
    holds: [values, counters]
    command: 10us
    cluster: {masters: 3, replicas: 1, node-timeout: 15s, replica-validity-factor: 10, reports: 1s, discovery: 1s}
  third: {holds: [ranks, locks], command: 10us, commands: {zadd: {time: 10us, per-doubling: 1us}, zrange: {time: 10us, per-member: 1us}}, persistence: {aof: {fsync: always, flush: 100us}}}
logs:
  kafka:
    brokers: 3
    append: 1ms
    replication: 1ms
    producer: {linger: 5ms, batch-size: 16KiB, delivery-timeout: 2m}
    topics:
      news:
        partitions: 2
        consumers:
          group: news
          operation: web.news
          members: 2
          max-poll-records: 500
          max-poll-interval: 5m
          fetch-min-bytes: 1B
          fetch-max-wait: 500ms
          session-timeout: 45s
          heartbeat-interval: 3s
          auto-commit-interval: 5s
          commit: 1ms
externals:
  bank: {latency: {weibull: {mean: 10ms, cv: 2}}, errors: 1%, concurrency: 100, queue-limit: 100, timeout: 3s, rate-limit: {rate: 1000/s, burst: 100, initial: 50}}
  post: {latency: {pareto: {mean: 3ms, shape: 2.5}}, limit-req: {rate: 1000/s, burst: 100, delay: 10}, sliding-window: {limit: 1000, window: 1s}}
gateways:
  edge:
    routes: [web.page]
    balance: {smooth-weighted: {max-fails: 1}}
    max-requests: 1024
    max-pending-requests: 1024
    timeout: 15s
    overhead: 100us
    rate-limit: {rate: 1000/s, burst: 100}
    outlier-detection:
      consecutive-5xx: 5
      consecutive-gateway-failure: 5
      interval: 10s
      base-ejection-time: 30s
      max-ejection-time: 300s
      max-ejection-percent: 10%
      healthy-panic-threshold: 50%
      success-rate-minimum-hosts: 5
      success-rate-request-volume: 100
      success-rate-stdev-factor: 1900
      failure-percentage-threshold: 85%
      failure-percentage-minimum-hosts: 5
      failure-percentage-request-volume: 50
    retry: {retry-on: [5xx], num-retries: 1, per-try-timeout: 5s, base-interval: 25ms, max-interval: 250ms, max-retries: 3}
  inner:
    routes: [web.data]
    fixed-window: {limit: 1000, window: 1s}
    sliding-window: {limit: 1000, window: 1s}
    local-rate-limit: {max-tokens: 1000, tokens-per-fill: 100, fill-interval: 100ms, filter-enabled: 50%, filter-enforced: 50%}
    retry: {retry-on: [5xx], budget: {budget-percent: 20%, min-retry-concurrency: 3}}
links:
  default: {latency: {erlang: {stages: 4, mean: 100us}}, loss: 0.1%, retransmission: 200ms}
  far: {latency: {truncated-normal: {mean: 1ms, sd: 100us}}, bandwidth: 125MB, request-size: 1kB, response-size: 10kB}
calls:
  far.one:
    timeout: 1s
    request-size: 1kB
    response-size: 1kB
    max-concurrent-calls: 100
    max-wait-duration: 10ms
    retry: {max-attempts: 3, wait-duration: 10ms, jitter: 10%, backoff: {exponential: {multiplier: 2, max: 1s}}, budget: {token-bucket: {capacity: 100, initial: 10, fill-per-first-try: 10%}}}
    circuit-breaker:
      failure-rate-threshold: 50%
      slow-call-rate-threshold: 100%
      slow-call-duration-threshold: 1s
      sliding-window-size: 100
      minimum-number-of-calls: 100
      permitted-number-of-calls-in-half-open-state: 10
      wait-duration-in-open-state: 10s
      max-wait-duration-in-half-open-state: 10s
      exponential-backoff-multiplier: 2
      exponential-max-wait-duration-in-open-state: 1m
    rate-limiter: {limit-for-period: 1000, limit-refresh-period: 1s, timeout-duration: 10ms}
    fallback: {answer: default, takes: 1ms}
  far.two:
    hystrix: {error-threshold-percentage: 50%, request-volume-threshold: 20, sleep-window: 5s, rolling-stats-time: 10s, health-snapshot-interval: 500ms}
    thread-pool-bulkhead: {core-thread-pool-size: 10, max-thread-pool-size: 100, queue-capacity: 10, keep-alive-duration: 20ms}
    adaptive-throttling: {multiplier: 2, window: 2m}
    retry: {backoff: {randomized: {factor: 50%}}, budget: {ratio: {ratio: 10%, window: 2m, min-retries: 10}}}
  far.three:
    concurrency-limit: {aimd: {initial-limit: 20, min-limit: 20, max-limit: 200, backoff-ratio: 90%, timeout: 5s}}
    retry: {backoff: {exponential-random: {factor: 50%, multiplier: 2, max: 1s}}, budget: {concurrency: {budget-percent: 20%, min-retry-concurrency: 3}}}
  far.four:
    concurrency-limit: {vegas: {initial-limit: 20, max-concurrency: 1000, probe-multiplier: 30}}
    retry: {backoff: {full-jitter: {max: 1s}}, budget: {aws-standard: {capacity: 500, retry-cost: 14, throttling-retry-cost: 5, timeout-retry-cost: 10, no-retry-increment: 1}}}
  far.five:
    concurrency-limit: {gradient2: {initial-limit: 20, min-limit: 20, max-concurrency: 200, smoothing: 20%, queue-size: 4, rtt-tolerance: 1.5, long-window: 600}}
    retry: {backoff: {equal-jitter: {max: 1s}}}
  far.six: {retry: {backoff: {envoy-jitter: {max: 1s}}}}
  far.seven: {retry: {backoff: {decorrelated-jitter: {max: 1s}}}}
  far.eight: {permits-for: {peak: 100/s, p99: 100ms, safety: 1.5}}
stations:
  desk: {servers: 4, capacity: 100, service: {hyperexponential: {phases: [{weight: 90%, mean: 1ms}, {weight: 10%, mean: 5ms}]}}, patience: 1m, discipline: {adaptive-lifo: 10ms}}
  bench: {servers: 1, batch: {limit: 10}, service: {uniform: {from: 1ms, to: 2ms}}}
bulkheads: {threads: 1000, thread-shares: [far.nine]}
";

pub(crate) const SCENARIO: &str = "
deployment: deployment.yaml
duration: 1m
interval: 5s
replications: 2
seed: 7
warm-up: {for: 5s}
load:
  web.page: {rate: 4/s}
  web.data: {poisson: {rate: 4/s}}
  web.batch: {batches: {rate: 1/s, size: {constant: 2}}}
  web.stages: {stages: [{rate: 1/s, hold: 5s}, {ramp-to: 2/s, over: 5s}, {hold: 5s}, {spike-to: 5/s, for: 5s}, {diurnal: {low: 1/s, high: 2/s, period: 10s}, for: 10s}]}
  web.waves: {mmpp: {states: [{rate: 1/s, mean-stay: 10s}, {rate: 2/s, mean-stay: 10s}]}}
  web.people: {closed: {users: 3, think: 1s}}
  web.gaps: {renewal: {interarrival: {lognormal: {p50: 500ms, p99: 2s}}}}
  far.one: {deterministic: {rate: 1/s}}
clients:
  web.page: {timeout: 30s, patience: 1m, latency: {hyperexponential: {mean: 20ms, cv: 2}}, priority: 1, retry: {max-attempts: 2, wait-duration: 1s}}
faults:
  - {name: first, at: 10s, for: 5s, crash: web, replicas: 1}
  - {name: slow, at: 10s, for: 5s, slow: bank, factor: 2}
  - {name: late, at: 10s, for: 5s, slow: bank, added: 5ms}
  - {name: wrong, at: 10s, for: 5s, errors: bank, share: 50%}
  - {name: masters, at: 20s, for: 5s, crash: second, masters: 1}
  - {name: sale, at: 20s, for: 5s, surge: web.page, factor: 2}
alerts: {rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 5s, evaluation-interval: 5s, calm: 2}
people: {detect: {lognormal: {p50: 1s, p95: 2s}}, identify: {lognormal: {p90: 1s, p99.9: 2s}}, isolate: {weibull: {scale: 1s, shape: 2}}, recover: {pareto: {minimum: 1s, shape: 3}}}
runbook:
  - {name: look, when: {alert: Slow}, phase: identify, works: 90%}
  - {name: half, when: {condition: {expr: 'up == 0', for: 5s}}, do: {rate-limit: {at: edge, rate: 100/s, burst: 10}}}
  - {name: third, when: {at: 20s}, people: 1s, do: {resize-pool: {pool: web, connections: 20}}}
  - {name: fourth, when: {after: third}, do: {resize-threads: {process: web, threads: 100}}}
  - {name: fifth, when: {after: third}, do: {scale: {process: web, replicas: 1}}}
  - {name: sixth, when: {after: third}, do: {announce: {clients: web.page, heeded: 50%}}}
  - {name: seventh, when: {after: third}, do: {warm: {cache: pages, rate: 10/s, entries: 100}}}
  - {name: eighth, when: {after: third}, do: {restart: {component: web, replicas: 1, drain: 1s, order: one-by-one}}}
  - {name: ninth, when: {after: third}, do: {restart: {component: second, masters: 1, takes: 1s}}}
  - {name: tenth, when: {after: third}, do: {roll-back: {component: far, drain: 1s}}}
recovery: {from: 20s, within: 30s, hold: 5s, latency-factor: 1.5, failed-share: 1%}
windows: {before: {from: 5s, to: 10s}, later: {from: 30s}}
objectives: [{operation: web.page, availability: 99%}]
slos: {web.page: {availability: 99%, errors: 1%, p95: 1s, period: 30d, spent: 10%}}
claims: {one: {says: something, expect: 'p(95)(web.page) <= 1s', after: began(first), delay: 1s, for: 5s}}
prices: {core-hour: 0.05}
limits: {events: 200000, in-flight: 1000000, entries: 1000000, at-once: 1000000000}
variant:
  pools: {maximum-pool-size: 10, connection-timeout: 2s, leak-detection-threshold: 1m}
  caches: {redis: {replicas: 2}}
  leaks: {web.data: {probability: 1%, for: 10s}}
";

pub(crate) const RULES: &str = "
groups:
  - name: shop
    rules: [{alert: Slow, expr: 'up == 0', for: 5s, labels: {severity: page}}]
";

pub(crate) const ALERTMANAGER: &str = "
route: {receiver: people}
receivers: [{name: people, webhook_configs: [{url: 'http://people/'}]}]
";
