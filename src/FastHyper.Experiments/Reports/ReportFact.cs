namespace FastHyper.Experiments.Reports;

/// <summary>One named figure at the top of a report.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">Its value, as it is to be read.</param>
internal sealed record ReportFact(string Name, string Value);
