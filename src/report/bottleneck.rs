//! What limits the system, in sentences.

use super::incident::{Language, localised};
use super::numbers::{number, percent, time, whole};
use crate::experiment::{Bottleneck, Pressed, Results, Warning};

/// Requests that find no room and are worth a word [1/s].
const REFUSED_PER_S: f64 = 0.05;
/// Requests that wait and are worth a word.
const WAITING: f64 = 0.5;
/// A pool of which less is in use has none to give: those that wait for one would have it.
const NONE_USED: f64 = 0.01;

/// What limits the system: what runs short, who is held by those that wait for it, what its holders wait for, and who suffers;
/// nothing where nothing does.
pub(super) fn what_limits(results: &Results, language: Language) -> Option<String> {
    let found = results.bottleneck.as_ref()?;
    let words = Words { language };
    let mut sentences = vec![words.first(&found.first, grows(results, &found.first.station))];
    sentences.extend(words.losses(&found.first));
    sentences.extend(found.held_by_those.iter().map(|it| words.held(it)));
    sentences.extend(found.waited_for.iter().map(|it| words.waited_for(it)));
    sentences.extend(found.behind.as_ref().map(|it| words.behind(it)));
    sentences.extend(words.suffers(results, found));
    Some(sentences.join(" "))
}

/// Since when the queue of a station grows until the end, if it does \[s].
fn grows(results: &Results, station: &str) -> Option<f64> {
    results.warnings.iter().find_map(|warning| match warning {
        Warning::Growing { station: of, since_s, .. } if of == station => Some(*since_s),
        _ => None,
    })
}

struct Words {
    language: Language,
}

impl Words {
    fn of(&self, english: String, korean: impl FnOnce() -> String) -> String {
        match self.language {
            Language::English => english,
            Language::Korean => korean(),
        }
    }

    fn time(&self, secs: f64) -> String {
        localised(time(secs), self.language)
    }

    /// Whose the units are; in Korean before the number.
    fn each(&self, it: &Pressed) -> String {
        match (it.replicas, it.short) {
            (1, _) => String::new(),
            (replicas, short) if is_partly(it) => self
                .of(format!(" of {short} of {replicas} replicas"), || {
                    format!("복제본 {replicas}개 중 {short}개의 ")
                }),
            _ => self.of(" of each replica".to_owned(), || "복제본당 ".to_owned()),
        }
    }

    /// How many wait, and where; in Korean before the number.
    fn waiting(&self, it: &Pressed) -> (String, &'static str) {
        match it.replicas {
            1 => (number(it.waiting), ""),
            replicas if is_partly(it) => {
                let all = number(it.waiting * f64::from(replicas));
                (all, self.language.of(" at all replicas together", "전체 복제본 합계 "))
            }
            _ => (number(it.waiting), self.language.of(" at each replica", "복제본당 ")),
        }
    }

    fn first(&self, it: &Pressed, grows: Option<f64>) -> String {
        let (name, each, units) = (&it.station, self.each(it), units(it.capacity));
        let taken = match it.since_s {
            Some(since) if it.capacity >= 2.0 => self.of(
                format!("{name} run short from {} on, until all {units}{each} are taken", time(since)),
                || {
                    format!(
                        "병목 {name}: 시작 {} 후부터 부족, {each}{units}개 모두 사용 중",
                        self.time(since)
                    )
                },
            ),
            Some(since) => self
                .of(format!("{name} run short from {} on, until there is none free", time(since)), || {
                    format!("병목 {name}: 시작 {} 후부터 부족, 여유 없음", self.time(since))
                }),
            None if let Some(since) = grows => self.of(
                format!("{name} cannot keep up from {} on, and the queue grows until the end", time(since)),
                || format!("병목 {name}: {}부터 처리 능력 부족, 대기열이 끝까지 증가", self.time(since)),
            ),
            None if it.used < NONE_USED && it.waiting >= WAITING && name.ends_with(" connections") => {
                self.of(format!("No {name} can be opened"), || format!("병목 {name}: 커넥션을 열 수 없음"))
            }
            None if !it.is_busiest => {
                let used = percent(it.used);
                self.of(format!("{name} hold the rest up most: {used} used"), || {
                    format!("병목 {name}: 가장 큰 지연 원인, 사용률 {used}")
                })
            }
            None => {
                let used = percent(it.used);
                self.of(format!("{name} are the busiest: {used} used"), || {
                    format!("병목 {name}: 사용률 {used}로 가장 높음")
                })
            }
        };
        if it.refused_per_s >= REFUSED_PER_S {
            let refused = it.refused_per_s;
            let together = if it.replicas > 1 {
                self.language.of(", all replicas together", "(전체 복제본 합계)")
            } else {
                ""
            };
            return self.of(
                format!("{taken}, and {} requests a second find no room{together}.", number(refused)),
                || format!("{taken}, 수용하지 못한 요청 초당 {}건{together}.", number(refused)),
            );
        }
        if it.waiting >= WAITING {
            let (waiting, at) = self.waiting(it);
            return self.of(format!("{taken}, and {waiting} wait{at} on average."), || {
                format!("{taken}, {at}평균 {waiting}건 대기.")
            });
        }
        format!("{taken}.")
    }

    fn losses(&self, it: &Pressed) -> Option<String> {
        let (lost, all) = it.lost?;
        let (lost, all) = (number(lost), units(all));
        Some(self.of(format!("On average {lost} of {all} are never given back."), || {
            format!("{all}개 중 평균 {lost}개 미반환.")
        }))
    }

    /// What is held by whoever waits for the one before.
    fn held(&self, it: &Pressed) -> String {
        let (name, each, units, busy) = (&it.station, self.each(it), units(it.capacity), number(it.busy));
        let since = it.since_s.map_or_else(String::new, |since| {
            self.of(format!(", which run short from {} on", time(since)), || {
                format!(", 시작 {} 후부터 부족", self.time(since))
            })
        });
        self.of(format!("Who waits for them holds {busy} of {units} {name}{each}{since}."), || {
            format!("이를 기다리는 요청의 점유: {name} {each}{units}개 중 평균 {busy}개{since}.")
        })
    }

    /// What whoever has the one before waits for.
    fn waited_for(&self, it: &Pressed) -> String {
        let (name, each, units_of_each) = (&it.station, self.each(it), units(it.capacity));
        let (waiting, at) = self.waiting(it);
        let since = it.since_s.map_or_else(String::new, |since| {
            self.of(
                format!(
                    ": these run short from {} on, until all {units_of_each}{each} are taken",
                    time(since)
                ),
                || format!(", 시작 {} 후부터 부족, {each}{units_of_each}개 모두 사용 중", self.time(since)),
            )
        });
        let lost = it.lost.map_or_else(String::new, |(lost, all)| {
            let (lost, all) = (number(lost), units(all));
            self.of(format!(", {lost} of {all} in all never given back"), || {
                format!(", 총 {all}개 중 {lost}개 미반환")
            })
        });
        self.of(format!("Who has them waits for {name}, {waiting}{at} on average{since}{lost}."), || {
            format!("점유한 요청의 대기 대상: {name}, {at}평균 {waiting}건{since}{lost}.")
        })
    }

    /// What is busy behind what is only held.
    fn behind(&self, it: &Pressed) -> String {
        let (name, used) = (&it.station, percent(it.used));
        let (waiting, at) = self.waiting(it);
        self.of(format!("Behind them {name} are {used} used, with {waiting} waiting{at}."), || {
            format!("이어지는 원인 {name}: 사용률 {used}, {at}평균 {waiting}건 대기.")
        })
    }

    /// The operation that suffers most, if it fails.
    fn suffers(&self, results: &Results, found: &Bottleneck) -> Option<String> {
        let operation = results.windows.get(found.window)?.operations.get(found.operation)?;
        let failed = Some(operation.failed_share.mean).filter(|share| *share > 0.0)?;
        let (name, failed) = (&operation.name.name, percent(failed));
        let why = found.cause.map_or_else(String::new, |cause| {
            self.of(format!(", mostly {}", cause.label()), || {
                let said = [operation.statuses.text(cause), cause.name().to_owned()];
                let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
                format!(", 주 원인 {}", said.join(" "))
            })
        });
        Some(self.of(format!("{name}: {failed} fail{why}."), || {
            format!("주요 영향 기능 {name}: 실패율 {failed}{why}.")
        }))
    }
}

/// Whether some replicas have run out, and others have not.
fn is_partly(it: &Pressed) -> bool {
    (1..it.replicas).contains(&it.short)
}

/// How many units there are: whole ones, or parts of a core.
fn units(capacity: f64) -> String {
    if capacity.fract() == 0.0 { whole(capacity as u64) } else { number(capacity) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_can_open_none_is_not_said_to_be_busy() {
        let pool = |used: f64, waiting: f64| Pressed {
            station: "order connections".to_owned(),
            replicas: 2,
            short: 0,
            capacity: 10.0,
            since_s: None,
            is_busiest: true,
            used,
            busy: used * 10.0,
            waiting,
            refused_per_s: 0.0,
            lost: None,
        };
        let said = |it: &Pressed, language| Words { language }.first(it, None);
        let closed = pool(0.0, 59.4);
        assert_eq!(
            said(&closed, Language::English),
            "No order connections can be opened, and 59.4 wait at each replica on average."
        );
        assert_eq!(
            said(&closed, Language::Korean),
            "병목 order connections: 커넥션을 열 수 없음, 복제본당 평균 59.4건 대기."
        );
        // One replica hangs.
        let hangs = Pressed { short: 1, since_s: Some(300.0), ..pool(0.5, 30.0) };
        assert_eq!(
            said(&hangs, Language::English),
            "order connections run short from 5 min on, until all 10 of 1 of 2 replicas are taken, and 60.0 wait at all replicas \
             together on average."
        );
        let all = said(&Pressed { short: 2, ..hangs.clone() }, Language::English);
        assert!(all.contains("all 10 of each replica are taken, and 30.0 wait at each replica"), "{all}");
        let filled = said(&Pressed { is_busiest: false, ..pool(0.223, 30.0) }, Language::English);
        assert!(filled.starts_with("order connections hold the rest up most: 22.3 % used"), "{filled}");
        // Some are in use, or nobody waits.
        for other in [pool(0.3, 59.4), pool(0.0, 0.0)] {
            let text = said(&other, Language::English);
            assert!(text.starts_with("order connections are the busiest: "), "{text}");
        }
    }
}
