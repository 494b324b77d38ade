namespace FastHyper.Tests;

/// <summary>Tests that look at the whole process (its environment, its allocations) and so run while no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
