using System.CommandLine;
using System.Text.Json;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl.Devices;

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
            IReadOnlyList<OpenClDevice> devices = OpenClDevices.All();
            if (parsed.GetValue(json)) CommandHost.PrintJson(writer => Write(writer, cpu, devices));
            else Write(cpu, devices);
            return CommandHost.Done;
        });
        return command;
    }

    private static void Write(CpuBackend cpu, IReadOnlyList<OpenClDevice> devices)
    {
        Console.Out.WriteLine($"cpu       {cpu.Description}");
        foreach (OpenClDevice device in devices) Console.Out.WriteLine($"opencl:{device.Index}  {device}");
        foreach (string failure in OpenClDevices.Failures()) Console.Out.WriteLine($"opencl    {failure}");
        if (devices.Count + OpenClDevices.Failures().Count == 0) Console.Out.WriteLine($"opencl    {OpenClDevices.HowToGetOne}");
    }

    private static void Write(Utf8JsonWriter writer, CpuBackend cpu, IReadOnlyList<OpenClDevice> devices)
    {
        writer.WriteStartArray("devices");
        writer.WriteStartObject();
        writer.WriteString("backend", cpu.Name);
        writer.WriteString("description", cpu.Description);
        writer.WriteNumber("threads", cpu.Threads);
        writer.WriteNumber("lane_bits", cpu.LaneBits);
        writer.WriteEndObject();
        foreach (OpenClDevice device in devices)
        {
            writer.WriteStartObject();
            writer.WriteString("backend", $"opencl:{device.Index}");
            writer.WriteString("description", device.ToString());
            writer.WriteString("platform", device.Platform);
            writer.WriteString("name", device.Name);
            writer.WriteString("vendor", device.Vendor);
            writer.WriteString("kind", device.Kind.ToString().ToLowerInvariant());
            writer.WriteString("version", device.Version);
            writer.WriteString("driver", device.Driver);
            writer.WriteNumber("compute_units", device.ComputeUnits);
            writer.WriteNumber("memory_bytes", device.GlobalMemory);
            writer.WriteNumber("largest_array_bytes", device.LargestArray);
            writer.WriteNumber("local_memory_bytes", device.LocalMemory);
            writer.WriteBoolean("fp64", device.HasFloat64);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (OpenClDevices.Failures().Count > 0)
        {
            writer.WriteStartArray("failures");
            foreach (string failure in OpenClDevices.Failures()) writer.WriteStringValue(failure);
            writer.WriteEndArray();
        }
        else if (devices.Count == 0)
        {
            writer.WriteString("opencl", OpenClDevices.HowToGetOne);
        }
    }
}
