using System.CommandLine;
using FastHyper.Backends.Cpu;

namespace FastHyper.Cli;

/// <summary><c>fasthyper devices</c>: what there is to compute on.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new("devices", "List what there is to compute on.") { json };
        command.SetAction(parsed =>
        {
            using CpuBackend cpu = new();
            if (parsed.GetValue(json))
            {
                CommandHost.PrintJson(writer =>
                {
                    writer.WriteStartArray("devices");
                    writer.WriteStartObject();
                    writer.WriteString("backend", cpu.Name);
                    writer.WriteString("description", cpu.Description);
                    writer.WriteNumber("threads", cpu.Threads);
                    writer.WriteNumber("lane_bits", cpu.LaneBits);
                    writer.WriteEndObject();
                    writer.WriteEndArray();
                });
            }
            else
            {
                Console.Out.WriteLine($"cpu     {cpu.Description}");
            }

            return CommandHost.Done;
        });
        return command;
    }
}
