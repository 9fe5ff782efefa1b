"""Pure statistics: ratios of paired samples, intervals, sequential tests, change points. No process, file or clock."""
