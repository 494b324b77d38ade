using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastHyper.Native;

internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "fh_solver_create", CallConvs = [typeof(CallConvCdecl)])]
    public static int CreateSolver(nint backend, nint problem, SolverOptions* options, nint* solver)
    {
        try
        {
            Out(solver) = 0;
            Device device = Handles.Get<Device>(backend);
            Model model = Handles.Get<Model>(problem);
            using Device.Session session = device.Enter();
            *solver = Handles.Add(new Solver(device, model.Problem, Out(options)));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_set", CallConvs = [typeof(CallConvCdecl)])]
    public static int SetSolver(nint solver, int what, StridedArray* array)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Set((Quantity)what, Out(array));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_get", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetSolver(nint solver, int what, StridedArray* array)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Mdp.Monitor = session.Monitor();
            at.Get((Quantity)what, Out(array));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_solve", CallConvs = [typeof(CallConvCdecl)])]
    public static int Solve(nint solver, SolveCertificate* certificates)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Mdp.Monitor = session.Monitor();
            at.Solve(new Span<SolveCertificate>(certificates, certificates is null ? 0 : at.Mdp.Engine.Instances));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_gradient", CallConvs = [typeof(CallConvCdecl)])]
    public static int SolverGradient(nint solver, double* objectives)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Mdp.Monitor = session.Monitor();
            at.Gradient(new Span<double>(objectives, objectives is null ? 0 : at.Mdp.Engine.Leaders));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_vjp", CallConvs = [typeof(CallConvCdecl)])]
    public static int SolverPullback(nint solver, StridedArray* policy, StridedArray* v, StridedArray* q)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Mdp.Monitor = session.Monitor();
            at.Pullback(policy is null ? default : *policy, v is null ? default : *v, q is null ? default : *q);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_jvp", CallConvs = [typeof(CallConvCdecl)])]
    public static int SolverPush(nint solver, StridedArray* reward, StridedArray* transitions, StridedArray* leaderPolicy)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Mdp.Monitor = session.Monitor();
            at.Push(
                reward is null ? default : *reward, transitions is null ? default : *transitions,
                leaderPolicy is null ? default : *leaderPolicy);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_solver_reset", CallConvs = [typeof(CallConvCdecl)])]
    public static int ResetSolver(nint solver)
    {
        try
        {
            Solver at = Handles.Get<Solver>(solver);
            using Device.Session session = at.Device.Enter();
            at.Reset();
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_leader_create", CallConvs = [typeof(CallConvCdecl)])]
    public static int CreateLeader(nint backend, nint problem, LeadOptions* options, StridedArray* x, nint* leader)
    {
        try
        {
            Out(leader) = 0;
            Device device = Handles.Get<Device>(backend);
            Model model = Handles.Get<Model>(problem);
            using Device.Session session = device.Enter();
            *leader = Handles.Add(new Lead(device, model.At(x is null ? default : *x), Out(options)));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_leader_step", CallConvs = [typeof(CallConvCdecl)])]
    public static int StepLeader(nint leader, long count, long* iteration)
    {
        try
        {
            Lead at = Handles.Get<Lead>(leader);
            using Device.Session session = at.Device.Enter();
            at.Monitor = session.Monitor();
            at.Step(count);
            if (iteration is not null) *iteration = at.Iteration;
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_leader_get", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetLeader(nint leader, StridedArray* x, StridedArray* objectives, StridedArray* norms)
    {
        try
        {
            Lead at = Handles.Get<Lead>(leader);
            using Device.Session session = at.Device.Enter();
            if (x is not null) at.Parameters(*x);
            if (norms is not null) at.Norms(*norms);
            if (objectives is not null) at.Objectives(*objectives);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }
}
