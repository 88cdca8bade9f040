# Writes r.json: what R makes of the samples in python.json.
#
#     apt-get install r-base-core r-cran-jsonlite r-cran-coin r-cran-survival r-cran-lmertest r-cran-metafor
#     Rscript stats/testdata/golden.R

suppressPackageStartupMessages({
  library(jsonlite); library(coin); library(survival); library(lme4); library(lmerTest); library(metafor)
})
options(warn = -1)
args <- commandArgs(FALSE)
here <- dirname(sub("--file=", "", args[grep("--file=", args)]))
data <- fromJSON(file.path(here, "python.json"), simplifyMatrix = TRUE)

pairOf <- function(s) {
  d <- s$a - s$b
  n <- length(d)
  out <- list()
  if (any(d != 0)) {
    out$wilcoxon_exact_p <- if (n <= 50) as.numeric(pvalue(wilcoxsign_test(s$a ~ s$b, distribution = "exact", zero.method = "Wilcoxon"))) else NA
    out$wilcoxon_normal_p <- wilcox.test(s$a, s$b, paired = TRUE, exact = FALSE, correct = TRUE)$p.value
  }
  if (!any(duplicated(abs(d))) && all(d != 0) && n > 5) {
    w <- wilcox.test(d, conf.int = TRUE, exact = TRUE)
    out$walsh <- c(w$estimate, w$conf.int)
  }
  if (!any(duplicated(c(s$a, s$b))) && n > 5 && n < 50) {
    w <- wilcox.test(s$a, s$b, conf.int = TRUE, exact = TRUE)
    out$shift <- c(w$estimate, w$conf.int)
  }
  t <- t.test(s$a, s$b, paired = TRUE)
  out$t_p <- t$p.value
  if (n >= 3) out$shapiro <- c(shapiro.test(d)$statistic, shapiro.test(d)$p.value)
  lapply(out, as.numeric)
}

severalOf <- function(s) {
  g <- s$groups
  y <- unlist(g)
  f <- factor(rep(seq_along(g), lengths(g)))
  list(kruskal = as.numeric(c(kruskal.test(y, f)$statistic, kruskal.test(y, f)$p.value)))
}

blockOf <- function(s) {
  x <- s$blocks
  k <- ncol(x)
  raw <- c()
  for (i in 1:(k - 1)) for (j in (i + 1):k) {
    raw <- c(raw, as.numeric(pvalue(wilcoxsign_test(x[, i] ~ x[, j], distribution = "exact", zero.method = "Wilcoxon"))))
  }
  f <- friedman.test(x)
  list(friedman = as.numeric(c(f$statistic, f$p.value)), wilcoxon = raw, wilcoxon_holm = p.adjust(raw, "holm"))
}

factorialOf <- function(y) {
  rows <- expand.grid(cell = 0:7, seed = seq_len(nrow(y)))
  rows$y <- as.vector(t(y))
  rows$A <- factor(rows$cell %% 2); rows$B <- factor(rows$cell %/% 2 %% 2); rows$C <- factor(rows$cell %/% 4)
  rows$seed <- factor(rows$seed)
  s <- summary(aov(y ~ A * B * C + Error(seed / (A * B * C)), rows))
  terms <- c("A", "B", "C", "A:B", "A:C", "B:C", "A:B:C")
  pick <- function(column) sapply(terms, function(n) s[[paste0("Error: seed:", n)]][[1]][1, column])
  error <- sapply(terms, function(n) s[[paste0("Error: seed:", n)]][[1]][2, "Sum Sq"])
  effect <- pick("Sum Sq")
  list(terms = terms, f = as.numeric(pick("F value")), p = as.numeric(pick("Pr(>F)")), eta = as.numeric(effect / (effect + error)))
}

survivalOf <- function(s) {
  g <- s$groups
  if (is.array(g)) g <- lapply(seq_len(dim(g)[1]), function(i) g[i, , ])
  times <- lapply(g, function(x) if (is.matrix(x)) x[, 1] else sapply(x, function(v) as.numeric(v[[1]])))
  events <- lapply(g, function(x) if (is.matrix(x)) x[, 2] else sapply(x, function(v) as.numeric(v[[2]])))
  t <- unlist(times); e <- unlist(events)
  f <- factor(rep(seq_along(times), lengths(times)))
  out <- list(restricted = list(), median = list())
  for (i in seq_along(times)) {
    k <- survfit(Surv(times[[i]], events[[i]]) ~ 1, conf.type = "log-log")
    m <- summary(k, rmean = s$horizon)$table
    out$restricted[[i]] <- as.numeric(m[c("rmean", "se(rmean)")])
    out$median[[i]] <- as.numeric(m[c("median", "0.95LCL", "0.95UCL")])
  }
  d <- survdiff(Surv(t, e) ~ f)
  out$log_rank <- c(d$chisq, 1 - pchisq(d$chisq, length(times) - 1))
  if (length(times) == 2 && length(times[[1]]) == length(times[[2]])) {
    pair <- factor(rep(seq_along(times[[1]]), 2))
    l <- logrank_test(Surv(t, e) ~ f | pair, type = "Prentice", ties.method = "mid-ranks")
    out$prentice <- c(as.numeric(statistic(l)), as.numeric(pvalue(l)))
  }
  out
}

mixedOf <- function(s) {
  g <- s$groups
  if (is.matrix(g)) g <- lapply(seq_len(nrow(g)), function(i) g[i, ])
  t <- data.frame(y = unlist(g), g = factor(rep(seq_along(g), lengths(g))))
  f <- lmerTest::lmer(y ~ 1 + (1 | g), t, REML = TRUE, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12)))
  c <- summary(f)$coefficients
  v <- as.data.frame(VarCorr(f))$vcov
  # the whole model, of which the differences are half: seeds within circuits shift both conditions
  set.seed(1)
  base <- rnorm(nrow(t), 0.7, 0.05)
  whole <- data.frame(y = c(base + t$y, base), condition = rep(c(0.5, -0.5), each = nrow(t)), g = rep(t$g, 2), seed = factor(rep(seq_len(nrow(t)), 2)))
  w <- summary(lmerTest::lmer(y ~ condition + (1 | g) + (0 + condition | g) + (1 | seed), whole, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12))))$coefficients
  means <- sapply(g, mean); variances <- sapply(g, function(x) var(x) / length(x))
  m <- rma(means, variances, method = "REML", test = "knha", control = list(threshold = 1e-12, maxiter = 10000))
  list(lmer = as.numeric(c(c[1, c("Estimate", "Std. Error", "df", "Pr(>|t|)")], v[1], v[2])),
       whole = as.numeric(w["condition", c("Estimate", "Std. Error", "df", "Pr(>|t|)")]),
       means = means, variances = variances,
       metafor = as.numeric(c(m$beta, m$se, m$tau2, m$I2 / 100, m$ci.lb, m$ci.ub, m$pval)))
}

out <- list(
  note = "written by golden.R from the samples of python.json",
  versions = c(list(R = as.character(getRversion())), sapply(c("coin", "survival", "lme4", "lmerTest", "metafor"), function(p) as.character(packageVersion(p)), simplify = FALSE)),
  pairs = lapply(data$pairs, pairOf),
  several = lapply(data$several, severalOf),
  blocks = lapply(data$blocks, blockOf),
  factorial = factorialOf(data$factorial$y),
  survival = lapply(data$survival, survivalOf),
  mixed = lapply(data$mixed, mixedOf),
  multiple = list(holm = p.adjust(data$multiple$p, "holm"), bh = p.adjust(data$multiple$p, "BH"))
)
write_json(out, file.path(here, "r.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null", null = "null")
