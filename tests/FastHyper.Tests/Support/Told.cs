namespace FastHyper.Tests.Support;

/// <summary>Hears of work at once, on the thread that works.</summary>
internal sealed class Told(Action<string> hear) : IProgress<string>
{
    public void Report(string value) => hear(value);
}
