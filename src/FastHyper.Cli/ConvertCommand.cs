using System.CommandLine;
using FastHyper.Experiments.Conversions;

namespace FastHyper.Cli;

/// <summary><c>fasthyper convert</c>: problem files from and to other formats.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        Argument<string> from = new("from") { Description = $"A file that ends with {Conversion.Formats}." };
        Argument<string> to = new("to") { Description = "The file to write, one of these." };
        Option<double?> gamma = new("--gamma") { Description = "Discount; by default what the file says." };
        Option<double> temperature = new("--temperature")
        {
            Description = "Entropy temperature of a problem file; other formats have none.",
            DefaultValueFactory = _ => 1,
        };
        Command command = new(
            "convert",
            "Convert problem files from and to Gymnasium's transition dictionaries (.json), Cassandra's .mdp and .pomdp, and PRISM's and "
                + "Storm's .tra.")
        {
            from, to, gamma, temperature,
        };
        command.SetAction(parsed =>
        {
            foreach (string notice in Conversion.Convert(
                parsed.GetValue(from)!, parsed.GetValue(to)!, parsed.GetValue(gamma), parsed.GetValue(temperature)))
                CommandHost.Complain(notice);
            return CommandHost.Done;
        });
        return command;
    }
}
