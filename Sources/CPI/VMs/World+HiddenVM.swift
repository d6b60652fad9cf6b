import Engine

/// VMs that Docker does not show. With another storage driver it knows none of the containers and images that it had,
/// and all of the volumes: who takes such a VM for gone gives its disks to others, and has two VMs with one disk when
/// the driver is as before.
extension World {
    /// For the volumes of a VM: what Docker keeps containers with. Empty where it does not say.
    func storageLabels() throws -> [String: String] {
        try engineInfo()["Driver"].string.map { [Label.storageDriver: $0] } ?? [:]
    }

    /// Where no container of the VM is seen: throws `CPIError` when that is for the storage driver.
    func requireNotHidden(_ vm: VMCID) throws {
        guard vm.isOurForm, let volume = try engine.volume(vm.ephemeralVolume),
            let why = try hiding(volume)
        else { return }
        throw CPIError.cloud(
            "VM \(vm) is not shown, and may be there: \(why); next: give Docker that driver again, or, where "
                + "the VM is lost for good: docker volume rm \(volume.name)")
    }

    /// Why Docker may not show the VM that has the volume; nil where it would.
    func hiding(_ volume: Volume) throws -> String? {
        guard let then = volume.labels.label(Label.storageDriver),
            let now = try engineInfo()["Driver"].string, now != then
        else { return nil }
        return
            "it was made with Docker's storage driver \(then), and Docker has \(now) now, which shows "
            + "nothing that was made with another one"
    }
}
