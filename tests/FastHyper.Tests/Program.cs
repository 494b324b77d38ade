using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FastHyper.Tests;

/// <summary>
/// Runs the tests of this assembly where there is no SDK: those whose class begins with one of the given namespaces below
/// FastHyper.Tests, as in <c>FastHyper.Tests Backends.OpenCl</c>; all of them without arguments.
/// </summary>
internal static class Program
{
    public static int Main(string[] namespaces)
    {
        AssemblyName name = Assembly.GetExecutingAssembly().GetName();
        XunitTestFramework framework = new(new Sink());
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(new ReflectionAssemblyInfo(Assembly.GetExecutingAssembly()));
        Sink found = new();
        discoverer.Find(includeSourceInformation: false, found, new Defaults());
        found.Finished.WaitOne();
        ITestCase[] chosen = [.. found.Cases.Where(test => namespaces.Length == 0 || namespaces.Any(prefix => test.TestMethod.TestClass.Class.Name.StartsWith($"{name.Name}.{prefix}", StringComparison.Ordinal)))];
        Sink results = new();
        using ITestFrameworkExecutor executor = framework.GetExecutor(name);
        executor.RunTests(chosen, results, new Defaults());
        results.Finished.WaitOne();
        Console.Out.WriteLine($"{results.Run} tests: {results.Run - results.Failed - results.Skipped} passed, {results.Failed} failed, {results.Skipped} skipped");
        return results.Failed > 0 || results.Run == 0 ? 1 : 0;
    }

    /// <summary>No options: the framework's defaults.</summary>
    private sealed class Defaults : LongLivedMarshalByRefObject, ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        public TValue GetValue<TValue>(string name) => default!;

        public void SetValue<TValue>(string name, TValue value) { }
    }

    /// <summary>Takes what the framework tells, one message at a time.</summary>
    private sealed class Sink : LongLivedMarshalByRefObject, IMessageSink
    {
        private readonly Lock _lock = new();

        public List<ITestCase> Cases { get; } = [];

        public ManualResetEvent Finished { get; } = new(false);

        public int Run { get; private set; }

        public int Failed { get; private set; }

        public int Skipped { get; private set; }

        public bool OnMessage(IMessageSinkMessage message)
        {
            lock (_lock)
            {
                switch (message)
                {
                    case ITestCaseDiscoveryMessage discovered:
                        Cases.Add(discovered.TestCase);
                        break;
                    case ITestFailed failed:
                        Failed++;
                        Console.Out.WriteLine($"FAILED {failed.Test.DisplayName}: {string.Join(" <- ", failed.Messages)}\n{failed.StackTraces[0]}");
                        break;
                    case ITestSkipped skipped:
                        Skipped++;
                        Console.Out.WriteLine($"skipped {skipped.Test.DisplayName}: {skipped.Reason}");
                        break;
                    case IDiscoveryCompleteMessage:
                        Finished.Set();
                        break;
                    case ITestAssemblyFinished finished:
                        Run = finished.TestsRun;
                        Finished.Set();
                        break;
                }
            }

            return true;
        }
    }
}
